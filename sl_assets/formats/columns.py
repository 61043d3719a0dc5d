"""Columns of a file and attributes of a table: which is which, and which texts stand for NULL."""

from collections.abc import Mapping, Sequence
from functools import reduce

from sl_assets.sql.text import quote_text


def positions(columns: Sequence[str], sources: Sequence[str]) -> Mapping[str, int]:
    """Where each source stands among a file's columns, by name; letter case and outer spaces do not count if need be."""
    exact = {name: index for index, name in reversed(list(enumerate(columns)))}
    loose = {name.strip().casefold(): index for index, name in reversed(list(enumerate(columns)))}
    places = {source: exact.get(source, loose.get(source.strip().casefold())) for source in sources}
    return {source: index for source, index in places.items() if index is not None}


def null_if(column: str, nulls: Sequence[str]) -> str:
    """SQL of a text that is NULL when it is one of `nulls`."""
    return reduce(lambda sql, null: f"nullif({sql}, {quote_text(null)})", nulls, column)
