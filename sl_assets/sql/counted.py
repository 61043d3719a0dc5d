"""The rows that a counting query counts: what an expectation found, to be looked at."""

from sqlglot import exp

from sl_assets.sql.parse import SqlError, parse_query


def counted_rows(sql: str) -> str | None:
    """The query whose rows are counted by `sql`; None where it is no plain count, and there are no rows to show.

    Args:
        sql: DuckDB's dialect.

    Example:
        >>> counted_rows("select count(*) from shop.orders where amount < 0")
        'SELECT * FROM shop.orders WHERE amount < 0'
        >>> counted_rows("select count(distinct customer) from shop.orders")
        'SELECT DISTINCT customer FROM shop.orders'
    """
    try:
        tree = parse_query(sql).tree
    except SqlError:
        return None
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or not tree.args.get("from_"):
        return None
    if any(tree.args.get(clause) for clause in ("group", "having", "qualify", "distinct", "limit", "offset")):
        return None
    count = tree.expressions[0].unalias()
    if not isinstance(count, exp.Count):
        return None
    shown = count.this
    rows = tree.copy()
    if isinstance(shown, exp.Distinct):
        rows.set("expressions", [each.copy() for each in shown.expressions])
        rows.set("distinct", exp.Distinct())
        return rows.sql(dialect="duckdb")
    rows.set("expressions", [exp.Star()])
    if shown is not None and not isinstance(shown, exp.Star):  # count(x) counts where x is not NULL
        rows = rows.where(exp.Not(this=exp.Is(this=exp.paren(shown.copy()), expression=exp.Null())))
    return rows.sql(dialect="duckdb")
