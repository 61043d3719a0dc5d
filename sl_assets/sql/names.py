"""The tables a query reads: what stands after FROM and JOIN, at any depth, except the query's own CTEs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sl_assets.facts import Facts
from sl_assets.sql.parse import Parsed, parse_query

_KIND = "references-1"

_UNNESTING = frozenset({"bigquery", "databricks", "redshift", "spark"})
"""Dialects where `FROM orders o, o.items` walks through an array."""


@dataclass(frozen=True)
class Mention:
    """A table as a query names it: one to three `parts` and a position from 1."""

    parts: tuple[str, ...]
    line: int
    column: int

    @property
    def written(self) -> str:
        """The name with dots."""
        return ".".join(self.parts)


@dataclass(frozen=True)
class Reference(Mention):
    """The same with its node in the tree of the query."""

    node: exp.Table


def mentions(text: str, dialect: str, facts: Facts, parse: Callable[[str, str], Parsed] = parse_query) -> tuple[Mention, ...]:
    """Every table that a query of this text reads, parsing only what was not parsed before.

    Args:
        text: The SQL, templates already rendered.
        dialect: sqlglot's name of the dialect the text is in.
        facts: What is known already of texts.
        parse: What parses a text in a dialect.

    Raises:
        SqlError: It is no query; see `parse_query`. That is not kept.
    """
    known = facts.get(_KIND, dialect, text)
    if known is not None:
        return tuple(Mention(tuple(parts), line, column) for parts, line, column in known)
    found = references(parse(text, dialect))
    facts.put(_KIND, dialect, text, fact=[[one.parts, one.line, one.column] for one in found])
    return found


def references(parsed: Parsed) -> tuple[Reference, ...]:
    """Every table a query reads, in the order of the text; CTEs, table functions and files in quotes are none.

    Example:
        >>> from sl_assets.sql.parse import parse_query
        >>> [one.written for one in references(parse_query("WITH a AS (SELECT * FROM s.a) SELECT * FROM a JOIN b USING (id)"))]
        ['s.a', 'b']
    """
    found = [_reference(table) for table in parsed.tree.find_all(exp.Table) if _is_table(table, parsed)]
    if parsed.dialect in _UNNESTING:
        aliases = {one.node.alias_or_name.casefold() for one in found}
        found = [one for one in found if len(one.parts) == 1 or one.parts[0].casefold() not in aliases]
    return tuple(sorted(found, key=lambda one: (one.line, one.column)))


def column_names(expression: str, dialect: str = "duckdb") -> tuple[str, ...]:
    """The names of the columns in an expression, in the order of the text; none when it cannot be parsed.

    Example:
        >>> column_names("upper(name) || suffix")
        ('name', 'suffix')
    """
    try:
        tree = sqlglot.parse_one(expression, dialect=dialect)
    except SqlglotError:
        return ()
    first = sorted((column.parts[0] for column in tree.find_all(exp.Column)), key=lambda part: int(part.meta.get("start") or 0))
    return tuple(dict.fromkeys(part.name for part in first))


def _is_table(table: exp.Table, parsed: Parsed) -> bool:
    name = table.this
    if not isinstance(name, exp.Identifier):
        return False
    at = name.meta.get("start")
    is_file = isinstance(at, int) and parsed.text[at : at + 1] == "'"
    return not is_file and not (table.args.get("db") is None and _is_cte(table))


def _reference(table: exp.Table) -> Reference:
    meta = table.this.meta
    width = int(meta.get("end") or 0) - int(meta.get("start") or 0)
    parts = tuple(part.name for part in table.parts)
    first = table.parts[0].meta
    column = int(first.get("col") or meta.get("col") or 0) - int(first.get("end") or width) + int(first.get("start") or 0)
    return Reference(parts, int(meta.get("line") or 0), max(column, 1), table)


def _is_cte(table: exp.Table) -> bool:
    name = table.name.casefold()
    return any(name == cte.alias.casefold() for cte in _visible(table))


def _visible(table: exp.Table) -> Iterator[exp.CTE]:
    """The CTEs a name may mean here: after a WITH all of its, inside it the earlier ones (and, if RECURSIVE, itself)."""
    node: exp.Expr = table
    inside: exp.Expr | None = None
    while (above := node.parent) is not None:
        if isinstance(node, exp.CTE):
            inside = node
        if isinstance(above, exp.With):
            for cte in above.expressions:
                if cte is inside:
                    if above.recursive:
                        yield cte
                    break
                yield cte
        elif not isinstance(node, exp.With) and isinstance(with_ := above.args.get("with_"), exp.With):
            yield from with_.expressions
        node = above
