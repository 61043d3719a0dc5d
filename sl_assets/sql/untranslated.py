"""What SQL of another engine has that DuckDB's cannot say."""

from collections.abc import Callable

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, ParseError, UnsupportedError

from sl_assets.facts import Facts
from sl_assets.sql.differences import settle
from sl_assets.sql.parse import Parsed, parse_query

_KIND = "untranslated-1"
_MOST = 10


def untranslated(text: str, dialect: str, facts: Facts, parse: Callable[[str, str], Parsed] = parse_query) -> tuple[str, ...]:
    """What of a query that can be parsed would be lost in DuckDB, or refused by it; nothing of DuckDB's own SQL.

    Args:
        text: The query.
        dialect: sqlglot's name of what it is written in.
        facts: What is known already of texts.
        parse: Where queries are parsed that are not known.

    Example:
        >>> untranslated("SELECT nvl(a, 1) FROM t", "snowflake", Facts())
        ()
    """
    if dialect == "duckdb":
        return ()
    known = facts.get(_KIND, dialect, text)
    if known is not None:
        return tuple(known)
    found = _faults(parse(text, dialect))
    facts.put(_KIND, dialect, text, fact=found)
    return tuple(found)


def write_duckdb(tree: exp.Expr, dialect: str) -> str:
    """A tree of another dialect as DuckDB SQL, on several lines; what that cannot say is left out in silence."""
    return settle(tree, dialect).sql(dialect="duckdb", comments=False, pretty=True, unsupported_level=ErrorLevel.IGNORE)


def _faults(parsed: Parsed) -> list[str]:
    lost: list[str] = []
    try:
        tree = settle(parsed.tree.copy(), parsed.dialect)
        tree.sql(dialect="duckdb", comments=False, unsupported_level=ErrorLevel.RAISE, max_unsupported=_MOST)
    except UnsupportedError as error:
        lost = [line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()]
    text = write_duckdb(parsed.tree.copy(), parsed.dialect)
    try:
        Dialect.get_or_raise("duckdb").parse(text)
    except ParseError as error:
        near = str(error.errors[0].get("highlight") or "") if error.errors else ""
        lost.append(f'it becomes SQL that DuckDB does not read, near "{near}"')
    return lost
