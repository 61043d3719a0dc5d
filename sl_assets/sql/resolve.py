"""A query with every table it reads qualified, as DuckDB SQL."""

from collections.abc import Callable

from sqlglot import exp

from sl_assets.sql.names import Reference, references
from sl_assets.sql.parse import Parsed
from sl_assets.sql.text import quote_name, quote_names
from sl_assets.sql.untranslated import write_duckdb

Resolver = Callable[[tuple[str, ...]], tuple[str, ...] | None]
"""From a table as written to its final (domain, table), or to a name of more or fewer parts; None: leave it as it is."""


def qualify(parsed: Parsed, resolver: Resolver) -> str:
    """The query with its table names replaced by `"domain"."table"`.

    DuckDB SQL is changed at those names only, so that it stays what its author wrote; SQL of another dialect is transpiled. Where
    the final table name differs from the written one, the written one stays as an alias, so that `orders.id` still means it.

    Args:
        parsed: The query.
        resolver: What each name means.

    Returns:
        DuckDB SQL, without the comments around the query and without `;`.
    """
    found = [(one, key) for one in references(parsed) if (key := resolver(one.parts)) is not None]
    if parsed.dialect == "duckdb":
        return _splice(parsed, found)
    return _transpile(parsed, found)


def _splice(parsed: Parsed, found: list[tuple[Reference, tuple[str, ...]]]) -> str:
    edits: dict[int, tuple[int, str]] = {}
    for one, key in found:
        start, end = _span(one.node.parts)
        alias = f" AS {quote_name(one.parts[-1])}" if _needs_alias(one, key) else ""
        edits[start] = (end, quote_names_dotted(key) + alias)
    for column in parsed.tree.find_all(exp.Column):
        if (change := _column_change(column, found)) is not None:
            start, _ = _span([column.args.get("catalog") or column.args["db"]])
            end = _span([column.args["table"]])[1]
            edits[start] = (end, change)
    text = parsed.text[parsed.start : parsed.end]
    for start in sorted(edits, reverse=True):
        end, replacement = edits[start]
        text = text[: start - parsed.start] + replacement + text[end - parsed.start :]
    return text


def quote_names_dotted(key: tuple[str, ...]) -> str:
    """A table's name in SQL: `("starbake", "orders")` -> `"starbake"."orders"`."""
    return ".".join(quote_name(part) for part in key)


def _span(parts: list[exp.Expr]) -> tuple[int, int]:
    return int(parts[0].meta["start"]), int(parts[-1].meta["end"]) + 1


def _needs_alias(one: Reference, key: tuple[str, ...]) -> bool:
    return not one.node.alias and one.parts[-1].casefold() != key[-1].casefold()


def _column_change(column: exp.Column, found: list[tuple[Reference, tuple[str, ...]]]) -> str | None:
    """What stands in the place of `domain.table` in `domain.table.column`, a database before it included; None: leave it."""
    domain, table = column.args.get("db"), column.args.get("table")
    if domain is None or table is None:
        return None
    named = [part for part in (column.args.get("catalog"), domain, table) if part is not None]
    written = tuple(part.name.casefold() for part in named)
    for one, key in found:
        if not one.node.alias and tuple(part.casefold() for part in one.parts)[-len(written) :] == written:
            return quote_names([table.name]) if _needs_alias(one, key) else quote_names_dotted(key)
    return None


def _transpile(parsed: Parsed, found: list[tuple[Reference, tuple[str, ...]]]) -> str:
    tree = parsed.tree.copy()
    copies = {id(old): new for old, new in zip(parsed.tree.walk(), tree.walk(), strict=True)}
    for column in tree.find_all(exp.Column):
        if (change := _column_change(column, found)) is not None:
            parts = [exp.to_identifier(part.strip('"'), quoted=True) for part in change.split('"."')]
            column.set("table", parts[-1])
            column.set("db", parts[0] if len(parts) > 1 else None)
            column.set("catalog", None)
    for one, key in found:
        node = copies[id(one.node)]
        if _needs_alias(one, key):
            node.set("alias", exp.TableAlias(this=exp.to_identifier(one.parts[-1], quoted=True)))
        for name, part in zip(("this", "db", "catalog"), (*reversed(key), None, None), strict=False):
            node.set(name, part and exp.to_identifier(part, quoted=True))
    return write_duckdb(tree, parsed.dialect)
