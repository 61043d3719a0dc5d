"""The type of what an expression gives, where it is plain to see; the database tells all others when it runs."""

import re
from collections.abc import Callable, Mapping

from sqlglot import exp

from sl_assets.sql.columns.records import Value

_SIMPLE: Mapping[str, str] = {
    "TINYINT": "TINYINT",
    "SMALLINT": "SMALLINT",
    "INT": "INTEGER",
    "BIGINT": "BIGINT",
    "INT128": "HUGEINT",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMPTZ": "TIMESTAMPTZ",
    "TEXT": "VARCHAR",
    "VARCHAR": "VARCHAR",
    "UUID": "UUID",
    "JSON": "JSON",
}
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
_BOOLEAN = (exp.Predicate, exp.Not, exp.And, exp.Or, exp.Exists)
_COUNTS = (exp.Count, exp.CountIf, exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile)
_SAME = (
    exp.Min,
    exp.Max,
    exp.AnyValue,
    exp.First,
    exp.Last,
    exp.FirstValue,
    exp.LastValue,
    exp.Lag,
    exp.Lead,
    exp.ArgMax,
    exp.ArgMin,
    exp.Filter,
)
_MANY = ("expressions", "count")
"""Arguments that make a list of the result: `max(x, 3)`, `arg_max(x, y, 3)`."""
_DECIMAL = re.compile(r"DECIMAL\(\d+,\s*(\d+)\)")
_MOST_DIGITS = 38
_MOST_INTEGER = 2**31


def cast_type(node: exp.Cast) -> str:
    """The type of a CAST as DuckDB writes it; empty for those it takes more than a word to say."""
    to = node.args.get("to")
    if not isinstance(to, exp.DataType):
        return ""
    kind = str(getattr(to.this, "value", to.this))
    parameters = [each.name for each in to.expressions]
    if kind == "DECIMAL" and len(parameters) == len(("width", "scale")):
        return f"DECIMAL({parameters[0]},{parameters[1]})"
    return "" if to.args.get("nested") or (parameters and kind not in ("TEXT", "VARCHAR")) else _SIMPLE.get(kind, "")


def type_of(node: exp.Expr, read: Callable[[exp.Expr], Value]) -> str:  # noqa: PLR0911 - one answer for each kind
    """The type of an expression; `read` gives what its parts are made of. Empty when it is not plain to see."""
    if isinstance(node, _BOOLEAN):
        return "BOOLEAN"
    if isinstance(node, _COUNTS):
        return "BIGINT"
    if isinstance(node, exp.Literal):
        return "VARCHAR" if node.is_string else _number(node.name)
    if isinstance(node, exp.Boolean):
        return "BOOLEAN"
    if isinstance(node, _SAME) and isinstance(node.this, exp.Expr) and not any(node.args.get(each) for each in _MANY):
        return read(node.this).type
    if isinstance(node, exp.Sum) and isinstance(node.this, exp.Expr):
        return _sum(read(node.this).type)
    if isinstance(node, exp.Avg):
        return "DOUBLE" if read(node.this).type in (*_WHOLE, "DOUBLE") else ""
    return ""


def _number(text: str) -> str:
    return "INTEGER" if text.isdigit() and int(text) < _MOST_INTEGER else ""


def _sum(kind: str) -> str:
    if kind in _WHOLE - {"HUGEINT"}:
        return "HUGEINT"
    found = _DECIMAL.fullmatch(kind)
    return f"DECIMAL({_MOST_DIGITS},{found.group(1)})" if found else "DOUBLE" if kind == "DOUBLE" else ""


def element_type(kind: str) -> str:
    """The type of what UNNEST gives of a list."""
    return kind.removesuffix("[]") if kind.endswith("[]") else ""
