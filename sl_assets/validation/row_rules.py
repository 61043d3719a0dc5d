"""Row expectations as SQL: each row is asked once, and keeps in one number which of them it breaks."""

import re
from collections.abc import Iterator, Mapping, Sequence

import duckdb

from sl_assets.project.quality import RowExpectation
from sl_assets.project.records import Table
from sl_assets.sql.text import quote_name
from sl_assets.validation.types import column_type

BROKEN = "sl_broken"
"""The column with the rules a row breaks: bit n is the n-th of `row_rules`."""

_BOOLEAN = "BOOLEAN"


def row_rules(rules: Sequence[RowExpectation]) -> tuple[RowExpectation, ...]:
    """Those about single rows, in the order of their bits."""
    return tuple(rule for rule in rules if not rule.aggregate)


def with_broken(sql: str, rules: Sequence[RowExpectation], asked: str = "true") -> str:
    """A SELECT with one more column, the bits of the rules that a row breaks; its lines stay the first ones.

    Args:
        sql: The SELECT.
        rules: All expectations of its table.
        asked: A condition; a row that does not meet it is not asked and breaks nothing.
    """
    bits = [
        f"CASE WHEN {_holds(rule)} THEN 0::BIGINT ELSE {1 << number}::BIGINT END" for number, rule in enumerate(row_rules(rules))
    ]
    total = f"CASE WHEN {asked} THEN {' + '.join(bits)} ELSE 0::BIGINT END" if bits else "0::BIGINT"
    return f"FROM ({sql}\n) SELECT *, {total} AS {BROKEN}"


def rule_at(sql: str, rules: Sequence[RowExpectation], line: int) -> RowExpectation | None:
    """The rule that stands in a line (from 1) of what `with_broken` made of `sql`; None: it is a line of the SQL."""
    last = sql.count("\n") + 2
    for rule in row_rules(rules):
        first, last = last + 1, last + 2 + rule.sql.count("\n")
        if first <= line < last:
            return rule
    return None


def has_bit(number: int) -> str:
    """Whether a row breaks the n-th of the row rules."""
    return f"({BROKEN} & {1 << number}) <> 0"


def aggregate_holds(rule: RowExpectation) -> str:
    """An aggregate expectation as an aggregate expression that is never NULL."""
    return f"coalesce(CAST((\n{rule.sql}\n) AS BOOLEAN), {str(rule.nulls_pass).lower()})"


def names_of_bits(rules: Sequence[RowExpectation]) -> str:
    """The names of the rules a row breaks, as a list in SQL."""
    names = ", ".join(f"CASE WHEN {has_bit(number)} THEN '{rule.name}' END" for number, rule in enumerate(row_rules(rules)))
    return f"list_filter([{names}], lambda each: each IS NOT NULL)"


def rule_faults(
    columns: Mapping[str, str], rules: Sequence[RowExpectation], connection: duckdb.DuckDBPyConnection
) -> Iterator[tuple[RowExpectation, str]]:
    """The rules that the engine cannot make sense of, or that are no condition, each with what is wrong.

    A function that is unknown here is left alone: the warehouse may have it.
    """
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {quote_name(name)}" for name, kind in columns.items())
    for rule in rules:
        fact = _fault(connection, f"DESCRIBE SELECT (\n{rule.sql}\n) AS rule FROM (SELECT {nothing})")
        if fact:
            yield rule, fact


def table_types(table: Table) -> dict[str, str]:
    """The columns that the rules of a loaded table see."""
    return {column.name: column_type(column) for column in table.columns}


def _holds(rule: RowExpectation) -> str:
    return f"(\n{rule.sql}\n) IS NOT FALSE" if rule.nulls_pass else f"(\n{rule.sql}\n)"


def _fault(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    try:
        described = connection.execute(sql).fetchone()
    except (duckdb.BinderException, duckdb.ParserException) as error:
        words = re.sub(r"^[A-Za-z ]+Error: ", "", str(error)).splitlines()[0].rstrip(".")
        return f"cannot be evaluated: {words}."
    except duckdb.Error:
        return ""
    kind = described[1] if described else _BOOLEAN
    return "" if kind == _BOOLEAN else f"gives {kind}, not true or false."
