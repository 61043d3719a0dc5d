"""Attributes and types as expressions: a relation in, accepted and rejected rows out."""

from sl_assets.validation.compile import compile_validation
from sl_assets.validation.errors import PatternError, PrivacyError, RuleError
from sl_assets.validation.expressions import expression_faults
from sl_assets.validation.origins import Origin
from sl_assets.validation.privacy import check_functions, has_private, prepare_privacy

__all__ = [
    "Origin",
    "PatternError",
    "PrivacyError",
    "RuleError",
    "check_functions",
    "compile_validation",
    "expression_faults",
    "has_private",
    "prepare_privacy",
]
