"""Attributes and types as expressions: a relation in, accepted and rejected rows out."""

from sl_assets.validation.compile import compile_validation
from sl_assets.validation.errors import PatternError, PrivacyError, RuleError

__all__ = ["PatternError", "PrivacyError", "RuleError", "compile_validation"]
