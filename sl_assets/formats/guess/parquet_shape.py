"""The columns of Parquet files: the file itself says them."""

from collections.abc import Sequence
from typing import Any

import duckdb

from sl_assets.formats.guess.fields import Field, Guess, GuessError, Kind, merge_fields
from sl_assets.formats.reader import file_list
from sl_assets.project.records import Format

_KINDS: dict[str, Kind] = {
    "boolean": "boolean",
    "tinyint": "whole",
    "smallint": "whole",
    "integer": "whole",
    "bigint": "whole",
    "utinyint": "whole",
    "usmallint": "whole",
    "uinteger": "whole",
    "ubigint": "whole",
    "hugeint": "whole",
    "uhugeint": "whole",
    "float": "number",
    "double": "number",
    "decimal": "decimal",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp_s": "timestamp",
    "timestamp_ms": "timestamp",
    "timestamp_ns": "timestamp",
    "timestamp with time zone": "timestamp",
    "varchar": "string",
    "map": "variant",
    "union": "variant",
    "json": "variant",
}
_WIDEST, _SCALE = 38, 9
_LOSSY = {"timestamp_ns": "the file has nanoseconds, the column keeps microseconds"}


def guess_parquet(files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Guess:
    """Parquet files.

    Raises:
        GuessError: A file is damaged.
    """
    return Guess(Format(name="PARQUET"), parquet_shape(files, connection))


def parquet_shape(files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> tuple[Field, ...]:
    """The columns of Parquet files, and what is nested in them.

    Raises:
        GuessError: A file is damaged, or no Parquet.
    """
    return merge_fields(_columns(file, connection) for file in files)


def _columns(file: str, connection: duckdb.DuckDBPyConnection) -> tuple[Field, ...]:
    try:
        relation = connection.sql(f"SELECT * FROM read_parquet({file_list([file])}, hive_partitioning=false)")
    except duckdb.Error as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise GuessError(file, "PARQUET", f"cannot be read: {reason}") from error
    return tuple(_field(name, kind) for name, kind in zip(relation.columns, relation.types, strict=True))


def _fits_decimal(precision: int, scale: int) -> bool:
    """Whether the built-in DECIMAL(38,9) keeps every digit."""
    return scale <= _SCALE and precision - scale <= _WIDEST - _SCALE


def _field(name: str, kind: Any) -> Field:
    if kind.id in {"list", "array"}:
        inner = _field(name, kind.children[0][1])
        return Field(name, "variant") if inner.array else Field(name, inner.kind, array=True, fields=inner.fields)
    if kind.id == "struct":
        return Field(name, "struct", fields=tuple(_field(inner, each) for inner, each in kind.children))
    if kind.id == "decimal" and not _fits_decimal(*(size for _, size in kind.children)):
        return Field(name, "string", note=f"{kind}: the type decimal would round it; a type with a `zone` of its own would not")
    plain = str(kind).lower()
    return Field(name, _KINDS.get(kind.id, _KINDS.get(plain, "string")), note=_LOSSY.get(plain, ""))
