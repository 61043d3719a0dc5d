"""SQL that a project brings along: run statement by statement, and told by its place when it fails."""

from collections.abc import Iterable

import duckdb

from sl_assets.sql.statements import Statement
from sl_assets.warehouse.errors import StatementError, unwritten

_WRITES = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE_INTO", "CREATE", "ALTER", "DROP"})
"""What a write strategy may consist of: whatever is undone when the load is rolled back."""


def run_statements(connection: duckdb.DuckDBPyConnection, statements: Iterable[Statement]) -> None:
    """Run `presql` or `postsql` inside the caller's transaction.

    Raises:
        StatementError: A statement begins or ends a transaction (the rows, the ledger and the audit commit together or not at
            all), or it failed.
    """
    for each in statements:
        if "TRANSACTION" in _kinds(connection, each):
            raise _error(
                each,
                "a transaction can neither begin nor end here: the rows, the audit and the ledger commit together.",
                "Hint: leave it out; what runs before it is undone anyway when the load or transform fails.",
            )
        _run(connection, each)


def run_writes(connection: duckdb.DuckDBPyConnection, statements: Iterable[Statement]) -> None:
    """Run the statements of a write strategy inside the caller's transaction.

    Raises:
        StatementError: A statement is none that writes to tables, or it failed.
    """
    for each in statements:
        others = sorted(_kinds(connection, each) - _WRITES)
        if others:
            fact = f"{others[0]} is not allowed in a write strategy."
            raise _error(each, fact, "Allowed: SELECT, INSERT, UPDATE, DELETE, MERGE, CREATE, ALTER, DROP.")
        _run(connection, each)


def _kinds(connection: duckdb.DuckDBPyConnection, statement: Statement) -> set[str]:
    """What a statement is, in the parser's words; several for one that DuckDB makes several of (PIVOT)."""
    try:
        return {each.type.name for each in connection.extract_statements(statement.text)}
    except duckdb.Error as error:
        raise _error(statement, str(error)) from error


def _run(connection: duckdb.DuckDBPyConnection, statement: Statement) -> None:
    try:
        for each in connection.extract_statements(statement.text):
            names = each.named_parameters
            if unknown := sorted(names - statement.parameters.keys()):
                raise _error(
                    statement, f"${unknown[0]} is no parameter.", f"Allowed: {', '.join(statement.parameters) or 'none'}."
                )
            if names:
                connection.execute(each, {name: statement.parameters[name] for name in names})
            else:
                connection.execute(each)
    except duckdb.Error as error:
        raise _error(statement, str(error)) from error


def _error(statement: Statement, fact: str, hint: str = "") -> StatementError:
    hint = f" {hint}" if hint else ""
    return StatementError(statement.place, f"{unwritten(f'{fact}{hint}')}\n\nas it was sent:\n{statement.text}")
