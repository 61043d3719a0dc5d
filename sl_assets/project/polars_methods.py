"""The methods of `polars.LazyFrame` that a step may name, and whether its arguments fit them.

Those that make a frame of a frame. None that reads or writes files, takes a function, or runs the query. Importing Polars takes a
tenth of a second: this module is imported by who has such steps.
"""

import inspect
from collections.abc import Mapping

import polars as pl

from sl_assets.project.recipe import Argument, DataType, Expression

METHODS = frozenset(
    {
        *("bottom_k", "cast", "clear", "count", "drop", "drop_nans", "drop_nulls", "explode", "fill_nan", "fill_null", "filter"),
        *("first", "gather_every", "head", "interpolate", "join", "join_asof", "join_where", "last", "limit", "max", "mean"),
        *("median", "merge_sorted", "min", "null_count", "quantile", "remove", "rename", "reverse", "select", "set_sorted"),
        *("shift", "slice", "sort", "std", "sum", "tail", "top_k", "unique", "unnest", "unpivot", "update", "var"),
        *("with_columns", "with_row_index"),
    }
)


def misfit(method: str, args: tuple[Argument, ...], kwargs: Mapping[str, Argument]) -> str:
    """What is wrong with the arguments of a method, in the words of Python; nothing when they fit."""
    try:
        inspect.signature(getattr(pl.LazyFrame, method)).bind(None, *args, **kwargs)
    except TypeError as error:
        return str(error)
    return ""


def bad_expression(expression: Expression) -> str:
    """What Polars says of an expression that it cannot read; nothing when it can."""
    try:
        pl.sql_expr(expression.sql)
    except Exception as error:  # noqa: BLE001 - it has several, for syntax and for functions that it does not know
        return str(error).partition("\n")[0]
    return ""


def data_type(kind: DataType) -> "pl.DataType | type[pl.DataType]":
    """The type of Polars behind a name."""
    name, _, numbers = kind.name.rstrip(")").partition("(")
    found: type[pl.DataType] = getattr(pl, name)
    if not numbers:
        return found
    precision, _, scale = numbers.partition(",")
    return pl.Decimal(int(precision), int(scale or 0))
