"""What a table or task is made of, as one short hash: the same resolved YAML and SQL give the same hash, wherever they stand."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import cast

from sl_assets.project.records import Table, Task

NOT_DATA = frozenset(
    {
        "comment",
        "tags",
        "owners",
        "landing",
        "schedule",
        "freshness",
        "expectations",
        "orchestration",
        "foreign_key",
        "retention",
        "quiet",
        "unpack",
        "on_arrival",
    }
)


def code_version(node: Table | Task) -> str:
    """A hash of what decides the rows of a table: not its comments, owners, schedule, checks, nor where it is written."""
    text = json.dumps(_plain(node), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        decisive = [each.name for each in fields(value) if each.compare and each.name not in NOT_DATA]
        return {name: _plain(getattr(value, name)) for name in decisive}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in cast("Mapping[object, object]", value).items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
