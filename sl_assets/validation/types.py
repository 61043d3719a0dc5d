"""Which rule a type has, and the DuckDB type of a column."""

from sl_assets.project.records import Attribute
from sl_assets.sql.text import quote_name
from sl_assets.validation.booleans import boolean_rule
from sl_assets.validation.errors import PatternError
from sl_assets.validation.moments import date_rule, timestamp_rule
from sl_assets.validation.numbers import decimal_rule, double_rule, whole_rule
from sl_assets.validation.rules import ScalarRule
from sl_assets.validation.texts import string_rule, variant_rule


def rule_of(attribute: Attribute, timezone: str) -> ScalarRule:
    """The rule of an attribute's type.

    Raises:
        PatternError: The type's pattern cannot be translated for DuckDB.
    """
    kind = attribute.type
    makers = {
        "variant": variant_rule,
        "long": whole_rule,
        "short": whole_rule,
        "byte": whole_rule,
        "double": double_rule,
        "decimal": decimal_rule,
        "boolean": boolean_rule,
        "date": date_rule,
    }
    try:
        rule = timestamp_rule(kind, timezone) if kind.primitive == "timestamp" else makers.get(kind.primitive, string_rule)(kind)
        if rule.matches is not None:
            rule.matches("x")
    except ValueError as error:
        raise PatternError(attribute.name, kind.pattern, str(error)) from error
    return rule


def column_type(attribute: Attribute) -> str:
    """The DuckDB type of a column: `BIGINT`, `VARCHAR[]`, `STRUCT("q" BIGINT)[]`."""
    name = attribute.type.ddl
    if attribute.type.primitive == "struct":
        fields = ", ".join(f"{quote_name(field.name)} {column_type(field)}" for field in attribute.attributes if not field.ignore)
        name = f"STRUCT({fields})"
    return f"{name}[]" if attribute.array else name
