"""Words that two engines have alike and mean differently: what a translated tree needs so that DuckDB gives the author's result.

Names and syntax are sqlglot's part. Here is what it lets pass: Spark and BigQuery count text from 1 and take 0 for 1, and their
Sunday is day 1; Redshift replaces every match of a pattern, and not the first; and so on.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from sqlglot import exp

_Change = Callable[[exp.Expr], exp.Expr | None]

_SPARK = ("spark", "databricks", "hive")
_FROM_ONE = (*_SPARK, "bigquery")
_SUNDAY_IS_ONE = (*_SPARK, "bigquery", "mysql")
_NEVER_WHOLE = (exp.Extract, exp.Floor, exp.Ceil, exp.Round)
_SUNDAY = frozenset({"DAYOFWEEK", "DOW"})
_UNITS: Mapping[str, str] = MappingProxyType({"MM": "MONTH", "MON": "MONTH", "YYYY": "YEAR", "YY": "YEAR"})
_TIME = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "MON": "%b",
    "MMMM": "%B",
    "DD": "%d",
    "DY": "%a",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%H",
    "AM": "%p",
    "PM": "%p",
    "MI": "%M",
    "SS": "%S",
    "FF3": "%g",
    "FF6": "%f",
    "FF": "%f",
}
"""How Snowflake writes the parts of a time, and DuckDB."""


def settle(tree: exp.Expr, dialect: str) -> exp.Expr:
    """Put right, in place, what would mean something else in DuckDB; the tree that comes back may be another one.

    Args:
        tree: A query or an expression.
        dialect: What it was written in, by sqlglot's name.
    """
    changes = _CHANGES.get(dialect, ())
    for node in reversed(list(tree.walk())) if changes else ():  # what is inside comes first: it is copied with the rest
        new = next((new for change in changes if (new := change(node)) is not None), None)
        if new is None:
            continue
        if node is tree:
            return new
        node.replace(new)
    return tree


def _text_from_one(node: exp.Expr) -> None:
    """`substring(a, 0, 3)` is the first three characters."""
    start = node.args.get("start") if isinstance(node, exp.Substring) else None
    if isinstance(start, exp.Literal) and not start.is_string and start.this == "0":
        start.replace(exp.Literal.number(1))


def _sunday_is_one(node: exp.Expr) -> exp.Expr | None:
    """`dayofweek(d)` and `extract(dow from d)`: 1 is Sunday; DuckDB's is 0."""
    is_day = isinstance(node, exp.DayOfWeek) or (isinstance(node, exp.Extract) and node.name.upper() in _SUNDAY)
    return exp.paren(exp.Add(this=node.copy(), expression=exp.Literal.number(1)), copy=False) if is_day else None


def _monday_is_zero(node: exp.Expr) -> exp.Expr | None:
    """`weekday(d)`: 0 is Monday; DuckDB's weekday begins on Sunday."""
    if not (isinstance(node, exp.Anonymous) and node.name.upper() == "WEEKDAY" and len(node.expressions) == 1):
        return None
    day = exp.Anonymous(this="isodow", expressions=[exp.cast(node.expressions[0].copy(), "date")])
    return exp.paren(exp.Sub(this=day, expression=exp.Literal.number(1)), copy=False)


def _units_by_letters(node: exp.Expr) -> exp.Expr | None:
    """`trunc(d, 'MM')` is a date, `date_trunc('MM', t)` is not."""
    if not isinstance(node, exp.DateTrunc | exp.TimestampTrunc):
        return None
    unit = node.args.get("unit")
    if unit is not None and (name := _UNITS.get(unit.name.upper())):
        node.set("unit", exp.Literal.string(name))
    return exp.cast(node.copy(), "date") if isinstance(node, exp.DateTrunc) else None


def _exact_percentile(node: exp.Expr) -> exp.Expr | None:
    """`percentile(a, 0.5)` lies between two values; DuckDB's quantile is one of them."""
    if type(node) is not exp.Quantile:
        return None
    return exp.Anonymous(this="quantile_cont", expressions=[node.this.copy(), node.args["quantile"].copy()])


def _printf(node: exp.Expr) -> exp.Expr | None:
    """`format('%d', a)`; DuckDB's format wants `{}`, and leaves `%d` as it is."""
    if not isinstance(node, exp.Format):
        return None
    return exp.Anonymous(this="printf", expressions=[node.this.copy(), *(each.copy() for each in node.expressions)])


def _first_of_list(node: exp.Expr) -> exp.Expr | None:
    """`array_agg(a order by b limit 1)` of BigQuery: DuckDB takes no limit there, and a part of the list instead."""
    limit = node.this if isinstance(node, exp.ArrayAgg) else None
    if not isinstance(limit, exp.Limit):
        return None
    whole = node.copy()
    whole.set("this", limit.this.copy())
    return exp.Anonymous(this="list_slice", expressions=[whole, exp.Literal.number(1), limit.expression.copy()])


def _every_match(node: exp.Expr) -> None:
    """`regexp_replace(a, 'x', 'y')` of Redshift replaces all."""
    if isinstance(node, exp.RegexpReplace) and node.args.get("modifiers") is None:
        node.set("modifiers", exp.Literal.string("g"))


def _separator_of_distinct(node: exp.Expr) -> None:
    """`listagg(distinct a, ',')`: the second is the separator, and no part of what is distinct."""
    distinct = node.this if isinstance(node, exp.GroupConcat) else None
    if isinstance(distinct, exp.Distinct) and node.args.get("separator") is None:
        value, *separator = distinct.expressions
        distinct.set("expressions", [value])
        node.set("separator", separator[0] if separator else None)


def _whole_division(node: exp.Expr) -> exp.Expr | None:
    """`7 / 2` is 3 where both are whole numbers: DuckDB's `//` is that, and for other numbers its `/`."""
    if not isinstance(node, exp.Div) or not node.args.get("typed") or _is_span(node.this) or _is_span(node.expression):
        return None
    return exp.IntDiv(this=node.this.copy(), expression=node.expression.copy())


def _whole_division_of_postgres(node: exp.Expr) -> exp.Expr | None:
    """As above. A part of a time, what was rounded and the sum of a BIGINT are no whole numbers there."""
    whole = _whole_division(node)
    if whole is None or any(isinstance(each, _NEVER_WHOLE) for each in _terms(whole)):
        return None
    return _unless_sums_are_wide(node, whole)


def _whole_division_of_redshift(node: exp.Expr) -> exp.Expr | None:
    """As above. The sum of a BIGINT is no whole number."""
    whole = _whole_division(node)
    return None if whole is None else _unless_sums_are_wide(node, whole)


def _unless_sums_are_wide(node: exp.Expr, whole: exp.Expr) -> exp.Expr:
    """Which division it is depends on types that only the database knows."""
    wide = [_is_wide(each) for each in _terms(node) if isinstance(each, exp.Sum)]
    if not wide:
        return whole
    return exp.paren(exp.Case(ifs=[exp.If(this=exp.or_(*wide), true=node.copy())], default=whole), copy=False)


def _is_wide(node: exp.Expr) -> exp.Expr:
    """Whether a sum is one of numbers of 64 bits or more."""
    value = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    inside = value.copy() if isinstance(_unfiltered(node).parent, exp.Window) else exp.AnyValue(this=value.copy())
    return exp.Anonymous(this="typeof", expressions=[inside]).isin("BIGINT", "HUGEINT", "UBIGINT")


def _unfiltered(node: exp.Expr) -> exp.Expr:
    return node.parent if isinstance(node.parent, exp.Filter) else node


def _terms(node: exp.Expr) -> Iterator[exp.Expr]:
    """What the type of a number depends on: not what was converted, nor what is looked up elsewhere."""
    for each in node.iter_expressions():
        if not isinstance(each, exp.Cast | exp.Query | exp.WindowSpec | exp.Order):
            yield each
            if not isinstance(each, exp.AggFunc):
                yield from _terms(each)


def _is_span(node: exp.Expr) -> bool:
    return isinstance(node.unnest(), exp.Interval) or (isinstance(node, exp.Cast) and node.is_type("interval"))


def _times_as_text(node: exp.Expr) -> exp.Expr | None:
    """`to_char(d, 'YYYY-MM')` of Snowflake."""
    written = node.args.get("format") if isinstance(node, exp.ToChar) else None
    if not isinstance(written, exp.Literal) or not written.is_string or (found := _strftime(written.this)) is None:
        return None
    moment = exp.cast(node.this.copy(), "timestamp")
    return exp.Anonymous(this="strftime", expressions=[moment, exp.Literal.string(found)])


def _strftime(text: str) -> str | None:
    """A format of Snowflake's as one of `strftime`; None where a letter of it stands for no part of a time."""
    found, at, upper = "", 0, text.upper()
    while at < len(text):
        part = next((text_of for text_of in _LONGEST_FIRST if upper.startswith(text_of, at)), None)
        if part is None and text[at].isalnum():
            return None
        found += _TIME[part] if part else text[at].replace("%", "%%")
        at += len(part) if part else 1
    return found


_LONGEST_FIRST = sorted(_TIME, key=len, reverse=True)
_CHANGES: Mapping[str, tuple[_Change, ...]] = MappingProxyType(
    {
        **dict.fromkeys(_SPARK, (_text_from_one, _sunday_is_one, _monday_is_zero, _units_by_letters, _exact_percentile, _printf)),
        "bigquery": (_text_from_one, _sunday_is_one, _printf, _first_of_list),
        "mysql": (_sunday_is_one, _monday_is_zero),
        "postgres": (_whole_division_of_postgres,),
        "redshift": (_every_match, _separator_of_distinct, _whole_division_of_redshift),
        "snowflake": (_times_as_text,),
        **dict.fromkeys(("trino", "presto", "athena", "tsql", "sqlite"), (_whole_division,)),
    }
)
