"""Whether a query uses the two ends of a window only to filter: then it may run over many windows at once."""

import sqlglot
from sqlglot import exp

_CONDITIONS = (exp.Where, exp.Join, exp.Having, exp.Qualify)


def only_bounds(sql: str, start: str, end: str) -> bool:
    """Whether every `start` in a query is an inclusive lower bound, and every `end` an exclusive upper one.

    `x >= start AND x < end` in a condition is that. `x = start`, `SELECT start AS day` and `BETWEEN` are not: over many windows
    they say something else than over each of them.

    Args:
        sql: A query of DuckDB.
        start: The start of the window as it stands in the query, `yyyy-MM-dd HH:mm:ss`; its date alone counts too.
        end: The same for its end.

    Examples:
        >>> sql = "SELECT x FROM t WHERE x >= '2971-01-01 00:00:00' AND x < '2972-02-02'"
        >>> only_bounds(sql, "2971-01-01 00:00:00", "2972-02-02 00:00:00")
        True
    """
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    return all(_is_filter(literal, start, end) for literal in tree.find_all(exp.Literal))


def _is_filter(literal: exp.Literal, start: str, end: str) -> bool:
    text = str(literal.this)
    if text in (start, start[:10]):
        return _is_compared(literal, above=exp.GTE, below=exp.LTE)
    if text in (end, end[:10]):
        return _is_compared(literal, above=exp.LT, below=exp.GT)
    return start[:4] not in text and end[:4] not in text  # pasted into a longer text: nobody knows what for


def _is_compared(literal: exp.Literal, *, above: type[exp.Expr], below: type[exp.Expr]) -> bool:
    """Whether a literal is one side of a comparison that is a condition, by itself or joined to others by AND.

    `above` is the comparison that has it on its right side, `below` that which has it on its left.
    """
    side: exp.Expr = literal
    while isinstance(side.parent, exp.Cast | exp.Paren):
        side = side.parent
    comparison = side.parent
    if not (
        (isinstance(comparison, above) and comparison.expression is side)
        or (isinstance(comparison, below) and comparison.this is side)
    ):
        return False
    outer = comparison.parent
    while isinstance(outer, exp.And | exp.Paren):
        outer = outer.parent
    return isinstance(outer, _CONDITIONS)
