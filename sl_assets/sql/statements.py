"""A text of several statements, one by one, each with the line on which it begins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from sl_assets.spec.place import Place
from sl_assets.sql.differences import settle


@dataclass(frozen=True)
class Statement:
    """One statement, without `;` and the comments around it, and where it comes from; `parameters` may be more than it names."""

    text: str
    place: Place
    parameters: Mapping[str, str | float | None] = field(default_factory=dict[str, "str | float | None"])


def split_statements(text: str, dialect: str = "duckdb") -> tuple[tuple[int, str], ...]:
    r"""The statements of a text, each with the line (from 1) on which it begins; a `;` in quotes or in a comment ends none.

    A text with a quote that never ends is given back whole: the database says what is wrong with it.

    Example:
        >>> split_statements("-- two\nDELETE FROM a;\n\nINSERT INTO a VALUES (';');")
        ((2, 'DELETE FROM a'), (4, "INSERT INTO a VALUES (';')"))
    """
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(text)
    except SqlglotError:
        return ((1, text.strip()),) if text.strip() else ()
    return tuple((run[0].line, text[run[0].start : run[-1].end + 1]) for run in _runs(tokens))


def translated(statement: str, dialect: str) -> str:
    """A statement of another engine as DuckDB's; what cannot be read, or has `$name` for a value, stays: the database tells.

    Example:
        >>> translated("DELETE FROM `a.b` WHERE ifnull(c, 0) = 1", "bigquery")
        'DELETE FROM "a"."b" WHERE COALESCE(c, 0) = 1'
    """
    if dialect == "duckdb" or "$" in statement:
        return statement
    try:
        trees = sqlglot.parse(statement, read=dialect)
    except (SqlglotError, RecursionError):
        return statement
    tree = trees[0] if len(trees) == 1 else None
    if tree is None or isinstance(tree, exp.Command):
        return statement
    return settle(tree, dialect).sql(dialect="duckdb", comments=False)


def _runs(tokens: Iterable[Token]) -> list[list[Token]]:
    """The tokens between semicolons."""
    runs: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            runs.append([])
        else:
            runs[-1].append(token)
    return [run for run in runs if run]
