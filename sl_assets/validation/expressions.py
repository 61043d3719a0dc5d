"""Scripts and filters, tried on a row without values: a name that means nothing is told before any file comes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from sl_assets.project.records import Attribute, Table
from sl_assets.spec.findings import allowed
from sl_assets.sql.text import quote_name
from sl_assets.validation.origins import PSEUDO_COLUMN_TYPES
from sl_assets.validation.types import column_type

_UNKNOWN = re.compile(r'Referenced column "(?P<name>.+)" (?:not found|was not found)')


@dataclass(frozen=True)
class ExpressionFault:
    """What is wrong with the script of an attribute or, where that is None, with the table's filter."""

    attribute: Attribute | None
    fact: str
    hint: str = ""


def expression_faults(table: Table, connection: duckdb.DuckDBPyConnection) -> Iterator[ExpressionFault]:
    """The scripts and the filter that the engine cannot make sense of: unknown columns, wrong types, wrong syntax.

    A function, table or macro that is unknown here is left alone: the warehouse may have it.
    """
    read = {attribute.name: column_type(attribute) for attribute in table.attributes if attribute.script is None}
    columns = _with(PSEUDO_COLUMN_TYPES, read)
    if _error(connection, "1", columns):
        return  # a type of the project's own that only the warehouse has
    for attribute in table.attributes:
        if attribute.script is not None:
            error = _error(connection, f"CAST(({attribute.script}) AS {column_type(attribute)})", columns)
            if error:
                yield ExpressionFault(attribute, *_words(error, columns))
            columns = _with(columns, {attribute.name: column_type(attribute)})
    if table.filter is not None and (error := _error(connection, f"({table.filter}) IS NOT TRUE", columns)):
        yield ExpressionFault(None, *_words(error, columns))


def _with(columns: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Columns, those that have a name of another one in its place; letter case does not count."""
    taken = {name.lower() for name in more}
    return {**more, **{name: kind for name, kind in columns.items() if name.lower() not in taken}}


def _error(connection: duckdb.DuckDBPyConnection, expression: str, columns: dict[str, str]) -> str:
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {quote_name(name)}" for name, kind in columns.items())
    try:
        connection.execute(f"DESCRIBE SELECT {expression} FROM (SELECT {nothing})")
    except (duckdb.BinderException, duckdb.ParserException) as error:
        return str(error)
    except duckdb.Error:
        return ""
    return ""


def _words(error: str, columns: dict[str, str]) -> tuple[str, str]:
    unknown = _UNKNOWN.search(error)
    if unknown:
        return f'column "{unknown["name"]}" is unknown.', allowed(columns, unknown["name"])
    return f"cannot be evaluated: {error.partition(': ')[2].splitlines()[0].rstrip('.')}.", ""
