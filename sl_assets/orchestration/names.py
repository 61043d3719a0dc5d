"""Dagster's stricter alphabets: op, job and group names, tag keys."""

import re
from collections.abc import Iterable

import dagster as dg

from sl_assets.project.records import TableKey


def identifier(*parts: str) -> str:
    """A name Dagster accepts for an op, a job or a group: letters, digits and underscores."""
    return "__".join(re.sub(r"[^A-Za-z0-9_]", "_", part) for part in parts)


def op_name(key: TableKey) -> str:
    """The op that makes a table."""
    return identifier(key.domain, key.name)


MOST_LISTED = 20  # names in a sentence


def listed(names: Iterable[str]) -> str:
    """Names in a description: the first ones, and how many more there are."""
    found = list(names)
    more = len(found) - MOST_LISTED
    return ", ".join(found[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def tag_key(text: str) -> str:
    """A tag key out of free text."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:63]


def output_name_of(key: dg.AssetKey) -> str:
    """The name Dagster gives the output of a multi-asset's spec."""
    return key.to_python_identifier()
