"""What comes after the checks, for accepted rows: scripts, privacy and the table's filter."""

from sl_assets.project.records import Attribute, Table
from sl_assets.sql.text import quote_name
from sl_assets.validation.privacy import private
from sl_assets.validation.types import column_type


def finished(table: Table, sql: str) -> str:
    """The last layers over a SELECT of `sl_file`, all attributes by final name (scripts apart) and `sl_errors`.

    Raises:
        PrivacyError: A privacy level that is unknown or does not fit.
    """
    sql = _with_file_name(table, sql)
    for attribute in table.attributes:
        if attribute.script is not None:
            sql = f"SELECT *, {_script(attribute)} AS {quote_name(attribute.name)} FROM (\n{sql}\n)"
    columns = ["sl_file", *(_shown(attribute) for attribute in table.columns), "sl_errors"]
    if table.filter is not None:
        columns.append(f"(sl_errors IS NULL AND ({table.filter}) IS NOT TRUE) AS sl_filtered")
    return f"SELECT {', '.join(columns)} FROM (\n{sql}\n)"


def _with_file_name(table: Table, sql: str) -> str:
    """Scripts, SQL privacy and filters may name `sl_input_file_name`."""
    if any(attribute.name.lower() == "sl_input_file_name" for attribute in table.attributes if attribute.script is None):
        return sql
    return f"SELECT *, sl_file AS sl_input_file_name FROM (\n{sql}\n)"


def _script(attribute: Attribute) -> str:
    return f"CASE WHEN sl_errors IS NULL THEN CAST(({attribute.script}) AS {column_type(attribute)}) END"


def _shown(attribute: Attribute) -> str:
    name = quote_name(attribute.name)
    nested = attribute.array or attribute.type.primitive == "struct"  # made private where it is taken apart
    shown = None if nested else private(attribute, name)
    return name if shown is None else f"CASE WHEN sl_errors IS NULL THEN {shown} END AS {name}"
