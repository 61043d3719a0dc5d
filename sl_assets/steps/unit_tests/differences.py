"""Two sets of rows compared: which are missing, which are too many, which are the same row with other cells."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import eq
from typing import Literal

import duckdb

from sl_assets.sql.text import quote_name

Row = tuple[str | None, ...]
_MOST_PAIRED = 200
"""Rows; beyond it a row without a key is not looked for among those that resemble it."""


@dataclass(frozen=True)
class RowDifference:
    """One row that is not as expected. `expected` or `found` is None where there is none."""

    kind: Literal["missing", "unexpected", "changed"]
    expected: Row | None = None
    found: Row | None = None

    @property
    def changed(self) -> frozenset[int]:
        """The positions of the cells that differ."""
        if self.expected is None or self.found is None:
            return frozenset()
        return frozenset(at for at, (one, other) in enumerate(zip(self.expected, self.found, strict=True)) if one != other)


@dataclass(frozen=True)
class Difference:
    """What one file expected and was not so. `key`: the positions of the columns that tell rows apart."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[RowDifference, ...]
    expected: int
    found: int
    key: frozenset[int] = frozenset()
    missing_columns: tuple[str, ...] = ()
    extra_columns: tuple[str, ...] = ()

    def count(self, kind: str) -> int:
        """How many rows of a kind there are."""
        return sum(row.kind == kind for row in self.rows)


def compare(
    connection: duckdb.DuckDBPyConnection,
    file: str,
    expected: tuple[str, Mapping[str, str]],
    actual: tuple[str, Mapping[str, str]],
    key: Sequence[str],
) -> Difference | None:
    """Compare two queries row by row, each as often as it occurs; None when they are the same.

    Letter case of columns and the order of rows and columns do not count; floating-point numbers count to twelve digits.

    Args:
        connection: Runs them.
        file: Whose expectation it is.
        expected: SQL of the rows that are expected, and the types of its columns.
        actual: The same of those that are there.
        key: Columns that tell rows apart, if any.
    """
    wanted, there = ({name.casefold(): (name, kind) for name, kind in types.items()} for _, types in (expected, actual))
    common = [fold for fold in wanted if fold in there]
    rows = [
        connection.execute(f"SELECT {', '.join(_text(*side[fold]) for fold in common) or '1'} FROM ({sql})").fetchall()
        for (sql, _), side in ((expected, wanted), (actual, there))
    ]
    columns = tuple(there[fold][0] for fold in common)
    positions = [common.index(name.casefold()) for name in key if name.casefold() in common]
    at = frozenset(positions) if len(positions) == len(key) else frozenset[int]()
    found = Difference(
        file,
        columns,
        tuple(_differences(rows[0], rows[1], sorted(at))),
        len(rows[0]),
        len(rows[1]),
        at,
        tuple(name for fold, (name, _) in wanted.items() if fold not in there),
        tuple(name for fold, (name, _) in there.items() if fold not in wanted),
    )
    return found if found.rows or found.missing_columns or found.extra_columns else None


def _text(name: str, kind: str) -> str:
    column = quote_name(name)
    return f"printf('%.12g', {column})" if kind in ("DOUBLE", "FLOAT") else f"CAST({column} AS VARCHAR)"


def _differences(expected: Sequence[Row], found: Sequence[Row], key: Sequence[int]) -> list[RowDifference]:
    missing = list((Counter(expected) - Counter(found)).elements())
    unexpected = list((Counter(found) - Counter(expected)).elements())
    rows: list[RowDifference] = []
    for row in missing:
        alone = not key and len(missing) == len(unexpected) == 1
        twin = unexpected[0] if alone else _twin(row, unexpected, key)
        if twin is None:
            rows.append(RowDifference("missing", expected=row))
        else:
            unexpected.remove(twin)
            rows.append(RowDifference("changed", expected=row, found=twin))
    rows += [RowDifference("unexpected", found=row) for row in unexpected]
    return sorted(rows, key=lambda each: [(cell is not None, cell or "") for cell in each.expected or each.found or ()])


def _twin(row: Row, others: Sequence[Row], key: Sequence[int]) -> Row | None:
    """The row that this one was meant to be: the one of the same key, else the one that resembles it most."""
    if key:
        return next((other for other in others if all(row[at] == other[at] for at in key)), None)
    if not others or len(others) > _MOST_PAIRED:
        return None
    alike, at = max((sum(map(eq, row, other)), -at) for at, other in enumerate(others))
    return others[-at] if alike * 2 > len(row) else None
