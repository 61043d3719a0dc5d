"""One expression in another engine's SQL -> DuckDB's."""

from sqlglot import exp

from sl_assets.sql.differences import settle
from sl_assets.sql.parse import SqlError, parse_query

_SELECT = "SELECT "
_FILE = "sl_input_file_name"


def to_duckdb(expression: str, dialect: str) -> str:
    """An expression over columns, as DuckDB SQL; what is DuckDB's already stays as it is written.

    Args:
        expression: The SQL.
        dialect: sqlglot's name of what it is written in.

    Raises:
        SqlError: It is no expression of that dialect.

    Example:
        >>> to_duckdb("nvl(`a`, b)", "spark")
        'COALESCE("a", b)'
    """
    if dialect == "duckdb":
        return expression
    tree = parse_query(f"{_SELECT}{expression}", dialect).tree
    given = [name for name, value in tree.args.items() if value]
    if not isinstance(tree, exp.Select) or given != ["expressions"] or len(tree.expressions) != 1:
        raise SqlError("SL302", "it is not one expression.")
    found = tree.expressions[0].unalias()
    for call in list(found.find_all(exp.Anonymous)):
        if call.name.lower() == "input_file_name":
            name = exp.column(_FILE)
            found = name if call is found else found
            call.replace(name)
    return settle(found, dialect).sql(dialect="duckdb", comments=False)
