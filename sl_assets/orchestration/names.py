"""Dagster's stricter alphabets: op, job and group names, tag keys."""

import re

import dagster as dg

from sl_assets.project.records import TableKey


def identifier(*parts: str) -> str:
    """A name Dagster accepts for an op, a job or a group: letters, digits and underscores."""
    return "__".join(re.sub(r"[^A-Za-z0-9_]", "_", part) for part in parts)


def op_name(key: TableKey) -> str:
    """The op that makes a table."""
    return identifier(key.domain, key.name)


def tag_key(text: str) -> str:
    """A tag key out of free text."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:63]


def output_name_of(key: dg.AssetKey) -> str:
    """The name Dagster gives the output of a multi-asset's spec."""
    return key.to_python_identifier()
