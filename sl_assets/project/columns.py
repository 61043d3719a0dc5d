"""The DuckDB type of an attribute's column (Starlake's DDL rules, reference section 2.3)."""

from collections.abc import Iterable

from sl_assets.project.records import Attribute
from sl_assets.sql.text import quote_name


def column_type(attribute: Attribute) -> str:
    """The type of the column: the type's DDL, `STRUCT(...)` for nested attributes, `[]` behind either for an array."""
    base = f"STRUCT({_fields(attribute.attributes)})" if attribute.attributes else attribute.type.ddl
    return f"{base}[]" if attribute.array else base


def column_types(attributes: Iterable[Attribute]) -> dict[str, str]:
    """Final column name -> DuckDB type, in the order of the YAML."""
    return {attribute.name: column_type(attribute) for attribute in attributes}


def never_null(attributes: Iterable[Attribute]) -> frozenset[str]:
    """The columns whose every value is there once the rows are validated: required, and not made anew by a script or privacy."""
    return frozenset(each.name for each in attributes if each.required and each.script is None and each.privacy is None)


def _fields(attributes: Iterable[Attribute]) -> str:
    return ", ".join(f"{quote_name(each.name)} {column_type(each)}" for each in attributes if not each.ignore)
