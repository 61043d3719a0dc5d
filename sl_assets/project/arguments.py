"""`args` and `kwargs` of a step: YAML -> plain values, placeholders, expressions and types. Nothing in them is ever run.

An expression is the SQL of Polars, which can read files by itself (`(SELECT * FROM read_csv(...))`): only what is an expression
and holds no query passes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sl_assets.project.recipe import Argument, DataType, Expression, Frame
from sl_assets.spec.read import Source

_FRAME = re.compile(r"\{\s*(df|sources\.(?P<source>\w+)|nodes\.(?P<domain>\w+)\.(?P<table>\w+))\s*\}", re.IGNORECASE)
_QUERIES = re.compile(r"\b(select|values|with|table|read_\w+|scan_\w+)\b", re.IGNORECASE)
_TYPE = re.compile(r"(?P<name>[A-Za-z]\w*)\s*(?:\((?P<numbers>\s*\d+\s*(?:,\s*\d+\s*)?)\))?")
TYPES = (
    *("Int8", "Int16", "Int32", "Int64", "Int128", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64", "Decimal"),
    *("String", "Boolean", "Date", "Time", "Datetime", "Duration", "Binary", "Categorical"),
)
"""Data types by Polars' names; `Decimal` may have precision and scale."""

_SPECIAL = ("sql", "type")


class ArgumentError(ValueError):
    """An argument that stands for nothing: the route to it below `args` or `kwargs`, the fact, the hint."""

    def __init__(self, fact: str, hint: str = "") -> None:
        super().__init__(f"{fact} {hint}".strip())
        self.fact = fact
        self.hint = hint


def read_argument(value: object, source: Source) -> Argument:
    """One argument, which is written at `source`.

    Raises:
        ArgumentError: `{sql: ...}` holds no expression, or `{type: ...}` names no type.
    """
    if isinstance(value, str):
        return _frame(value) or source.value(value)
    if isinstance(value, list | tuple):
        items = cast("list[object]", value)
        return tuple(read_argument(each, source.below(index)) for index, each in enumerate(items))
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, object]", value)
        if len(mapping) == 1 and (special := next(iter(mapping))) in _SPECIAL:
            text = mapping[special]
            return read_expression(text) if special == "sql" else read_type(text)
        return {str(key): read_argument(each, source.below(key)) for key, each in mapping.items()}
    return cast("Argument", value)


def read_expression(text: object) -> Expression:
    """The expression of `{sql: ...}`.

    Raises:
        ArgumentError: It is no text, has a syntax error, or holds a query.
    """
    if not isinstance(text, str) or not text.strip():
        raise ArgumentError("sql must be an expression, as text.")
    try:
        trees = sqlglot.parse(f"SELECT {text}", dialect="duckdb")
    except (SqlglotError, RecursionError) as error:
        raise ArgumentError(f'"{text}" is no expression in SQL.', str(error).partition("\n")[0]) from error
    tree = trees[0] if len(trees) == 1 else None
    plain = (
        isinstance(tree, exp.Select)
        and set(tree.args) >= {"expressions"}
        and not any(tree.args.get(part) for part in tree.args if part not in ("expressions", "kind", "hint"))
    )
    if not plain or tree is None or len(tree.expressions) != 1:
        raise ArgumentError(f'"{text}" is not one expression.', "Write a query as a step of its own: - sql: SELECT ...")
    below = tree.expressions[0]
    if below.find(exp.Query, exp.Subquery, exp.Table) or _QUERIES.search(text) or ";" in text:
        raise ArgumentError(f'"{text}" holds a query.', "Write a query as a step of its own: - sql: SELECT ...")
    return Expression(text)


def read_type(text: object) -> DataType:
    """The type of `{type: ...}`.

    Raises:
        ArgumentError: Polars has none of that name.
    """
    match = _TYPE.fullmatch(text.strip()) if isinstance(text, str) else None
    names = {name.lower(): name for name in TYPES}
    name = names.get(match["name"].lower()) if match else None
    if match is None or name is None or (match["numbers"] and name != "Decimal"):
        raise ArgumentError(f'"{text}" is no type of Polars.', f"Allowed: {', '.join(TYPES)}, Decimal(18, 2).")
    return DataType(f"{name}({match['numbers'].replace(' ', '')})" if match["numbers"] else name)


def types_of(argument: Argument) -> Argument:
    """What `cast` takes: there a text is the name of a type.

    Raises:
        ArgumentError: Polars has none of that name.
    """
    if isinstance(argument, str):
        return read_type(argument)
    if isinstance(argument, Mapping):
        return {name: types_of(each) for name, each in argument.items()}
    return argument


def frames_in(argument: object) -> tuple[Frame, ...]:
    """Every placeholder in an argument, at any depth."""
    return tuple(each for each in _leaves(argument) if isinstance(each, Frame))


def expressions_in(argument: object) -> tuple[Expression, ...]:
    """Every expression in an argument, at any depth."""
    return tuple(each for each in _leaves(argument) if isinstance(each, Expression))


def _leaves(argument: object) -> Iterator[object]:
    if isinstance(argument, Mapping):
        argument = tuple(cast("Mapping[str, object]", argument).values())
    if isinstance(argument, tuple):
        for each in cast("tuple[object, ...]", argument):
            yield from _leaves(each)
    else:
        yield argument


def _frame(text: str) -> Frame | None:
    """The placeholder that a text is, from its first character to its last; a text with braces in it is a text."""
    match = _FRAME.fullmatch(text.strip())
    if match is None:
        return None
    if match["source"]:
        return Frame("sources", (match["source"],))
    return Frame("nodes", (match["domain"], match["table"])) if match["domain"] else Frame("df")
