"""What comes after the checks, for accepted rows: scripts, privacy and the table's filter."""

from sl_assets.project.records import Attribute, Table
from sl_assets.sql.text import quote_name
from sl_assets.validation.origins import pseudo_columns
from sl_assets.validation.privacy import private
from sl_assets.validation.types import column_type


def finished(table: Table, sql: str) -> str:
    """The last layers over a SELECT of `sl_file`, all attributes by final name (scripts apart), pseudo-columns and `sl_errors`.

    Scripts and SQL expressions of `privacy` see the values as they are, the filter sees what privacy has made of them.

    Raises:
        PrivacyError: A privacy method does not fit the type of its attribute.
    """
    for attribute in table.attributes:
        if attribute.script is not None:
            column = f"{_script(attribute)} AS {quote_name(attribute.name)}"
            columns = f"* REPLACE ({column})" if attribute.name.lower() in pseudo_columns(table) else f"*, {column}"
            sql = f"SELECT {columns} FROM (\n{sql}\n)"
    shown = [each for each in map(_shown, table.attributes) if each is not None]
    if shown:
        sql = f"SELECT * REPLACE ({', '.join(shown)}) FROM (\n{sql}\n)"
    columns = ["sl_file", *(quote_name(attribute.name) for attribute in table.columns), "sl_errors"]
    if table.filter is not None:
        columns.append(f"(sl_errors IS NULL AND ({table.filter}) IS NOT TRUE) AS sl_filtered")
    return f"SELECT {', '.join(columns)} FROM (\n{sql}\n)"


def _script(attribute: Attribute) -> str:
    return f"CASE WHEN sl_errors IS NULL THEN CAST(({attribute.script}) AS {column_type(attribute)}) END"


def _shown(attribute: Attribute) -> str | None:
    name = quote_name(attribute.name)
    nested = attribute.array or attribute.type.primitive == "struct"
    if attribute.privacy is None or (nested and attribute.privacy.method != "SQL" and attribute.script is None):
        return None  # what is nested was made private where it was taken apart
    return f"CASE WHEN sl_errors IS NULL THEN {private(attribute, name)} END AS {name}"
