"""Rows that a person wrote for a test, CSV or JSON -> a table with the types that they are meant to have."""

import csv
from collections.abc import Mapping
from pathlib import Path

import duckdb

from sl_assets.sql.text import quote_name, quote_text

NULL_TEXT = "null"
"""What means no value in CSV, beside nothing at all (Starlake's `testCsvNullString`)."""
_SEPARATORS = (",", ";", "\t", "|")


class CaseError(Exception):
    """A test that cannot be run as it is written; the text says what and where."""


def read_rows(
    connection: duckdb.DuckDBPyConnection, file: Path, types: Mapping[str, str] | None, null: str, *, into: str
) -> None:
    """Put the rows of a file into a temporary table.

    Args:
        connection: Reads the file.
        file: CSV with a header, or JSON: an array, or one object a line.
        types: Column -> type, whatever the letter case; a column that the file leaves out is left out. None: types are guessed.
        null: The text that means no value in CSV, beside nothing at all. Quoted empty text is text.
        into: The name of the temporary table.

    Raises:
        CaseError: The file has no header, a column that is none of the types or there twice, or a value that does not fit.
    """
    is_csv = file.suffix == ".csv"
    names = column_names(connection, file)
    if types is None:
        sql = f"SELECT * FROM {_guessed(file, null)}"
    else:
        by_fold = {name.casefold(): name for name in types}
        unknown = [name for name in names if name.casefold() not in by_fold]
        if unknown:
            raise CaseError(f"{file.name}: there is no column {', '.join(unknown)}. Allowed: {', '.join(types)}.")
        twice = [name for name in names if sum(each.casefold() == name.casefold() for each in names) > 1]
        if twice:
            raise CaseError(f"{file.name}: {' and '.join(twice)} are the same column.")
        kinds = {name: types[by_fold[name.casefold()]] for name in names}
        values = {name: _csv_value(quote_name(name), kind) if is_csv else quote_name(name) for name, kind in kinds.items()}
        columns = [f"{value} AS {quote_name(by_fold[name.casefold()])}" for name, value in values.items()]
        if columns:
            sql = f"SELECT {', '.join(columns)} FROM {_csv(file, names, null) if is_csv else _json(file, kinds)}"
        else:  # a JSON file without a record
            sql = f"SELECT {', '.join(f'CAST(NULL AS {kind}) AS {quote_name(name)}' for name, kind in types.items())} LIMIT 0"
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {quote_name(into)} AS {sql}")
    except duckdb.Error as error:
        raise CaseError(f"{file.name}: {_first_line(error)}") from error


def column_names(connection: duckdb.DuckDBPyConnection, file: Path) -> list[str]:
    """The columns of a file; of JSON, those that any record has.

    Raises:
        CaseError: The file has no header, or is no JSON.
    """
    return _header(file) if file.suffix == ".csv" else _keys(connection, file)


def _header(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        line = handle.readline()
    names = next(csv.reader([line.rstrip("\r\n")], delimiter=_separator(line)), list[str]())
    if not names or not all(names):
        raise CaseError(f"{file.name}: the first line has to name the columns.")
    return names


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)


def _keys(connection: duckdb.DuckDBPyConnection, file: Path) -> list[str]:
    sql = (
        "SELECT DISTINCT ON (key) key FROM (SELECT unnest(json_keys(json)) AS key, row_number() OVER () AS number "
        f"FROM read_json_objects({quote_text(str(file))}, format = 'auto')) ORDER BY key, number"
    )
    try:
        return [str(key) for (key,) in connection.execute(sql).fetchall()]
    except duckdb.Error as error:
        raise CaseError(f"{file.name}: {_first_line(error)}") from error


def _guessed(file: Path, null: str) -> str:
    path = quote_text(str(file))
    if file.suffix == ".json":
        return f"read_json_auto({path})"
    separator = quote_text(_separator(file.read_text(encoding="utf-8-sig").partition("\n")[0]))
    return f"read_csv({path}, header = true, delim = {separator}, nullstr = ['', {quote_text(null)}])"


def _csv(file: Path, names: list[str], null: str) -> str:
    columns = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in names)
    with file.open(encoding="utf-8-sig", newline="") as handle:
        separator = _separator(handle.readline())
    return (
        f"read_csv({quote_text(str(file))}, auto_detect = false, header = true, delim = {quote_text(separator)}, quote = '\"', "
        f"escape = '\"', columns = {{{columns}}}, nullstr = ['', {quote_text(null)}], allow_quoted_nulls = false)"
    )


def _csv_value(column: str, kind: str) -> str:
    if kind == "VARCHAR":
        return column
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
    return f"CAST(CAST({column} AS JSON) AS {kind})" if nested else f"CAST({column} AS {kind})"


def _json(file: Path, kinds: Mapping[str, str]) -> str:
    columns = ", ".join(f"{quote_text(name)}: {quote_text(kind)}" for name, kind in kinds.items())
    return f"read_json({quote_text(str(file))}, format = 'auto', columns = {{{columns}}})"


def _first_line(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0]
