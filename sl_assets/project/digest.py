"""What a table or task is made of, as one short hash: the same resolved YAML and SQL give the same hash, wherever they stand."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from sl_assets.project.records import Table, Task, Type

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NOT_DATA = frozenset(
    {
        "comment",
        "tags",
        "owners",
        "landing",
        "schedule",
        "freshness",
        "expectations",
        "row_expectations",
        "orchestration",
        "foreign_key",
        "retention",
        "quiet",
        "unpack",
        "on_arrival",
        "behind",
    }
)


_VERSION = "_code_version"
SCALARS = frozenset({str, int, float, bool, type(None)})


def code_version(node: Table | Task) -> str:
    """A hash of what decides the rows of a table: not its comments, owners, schedule, checks, nor where it is written.

    It is worked out once and stays with the record, beside the fields: none ever changes, and `replace` makes one without it.
    """
    known = vars(node)
    if _VERSION not in known:
        known[_VERSION] = _digest(_parts(node))[:16]
    return known[_VERSION]


def _parts(node: Table | Task) -> dict[str, object]:
    """All that decides the rows: of row expectations those that keep rows out of the table; what is behind its SQL, by name."""
    parts = cast("dict[str, object]", _plain(node))
    more: dict[str, object] = {}
    if removing := [_plain(rule) for rule in node.row_expectations if rule.removes]:
        more["row_expectations"] = removing
    if isinstance(node, Task):
        more |= node.behind
    return dict(sorted({**parts, **more}.items())) if more else parts


_WORDS = {"strategy": "writeStrategy", "format": "metadata", "row_expectations": "expectations"}
"""What parts are called in YAML, where that is another word."""


def code_parts(node: Table | Task) -> dict[str, str]:
    """What the code version is made of: a digest for each part, by its name in YAML, such as `attributes.price.type`."""
    parts: dict[str, object] = {}
    for name, value in _parts(node).items():
        word = _WORDS.get(name, name)
        if name == "attributes":
            for attribute in cast("list[dict[str, object]]", value):
                parts |= {f"{word}.{attribute['source']}.{field}": part for field, part in attribute.items()}
        elif isinstance(value, dict):
            parts |= {f"{word}.{field}": part for field, part in cast("dict[str, object]", value).items()}
        else:
            parts[word] = value
    return {name: _digest(part)[:8] for name, part in parts.items()}


def changed_parts(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that two versions do not have in common, in words; what only follows from another change is left out.

    Example:
        >>> changed_parts({"sql": "1", "attributes.a.type": "1"}, {"sql": "2", "attributes.b.type": "1"})
        ('attributes.a (gone)', 'attributes.b (new)', 'sql')
    """
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)} - {"dependencies"}
    found = {_part(name, before, after): None for name in sorted(changed)}
    return tuple(found)


def _part(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    whole = name.rpartition(".")[0] if name.startswith("attributes.") else name
    below = f"{whole}." if whole != name else whole
    if not any(each.startswith(below) for each in before):
        return f"{whole} (new)"
    return name if any(each.startswith(below) for each in after) else f"{whole} (gone)"


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _digest(value: object) -> str:
    """Of plain data whose keys are in order: they are put in order as it is made, not once more for each digest."""
    return hashlib.sha256(_encode(value).encode()).hexdigest()


def _plain(value: object) -> object:
    if type(value) in SCALARS:
        return value
    if type(value) is Type:
        return _plain_type(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _plain_record(value)
    if isinstance(value, Mapping):
        named = {str(key): _plain(each) for key, each in cast("Mapping[object, object]", value).items()}
        return dict(sorted(named.items()))
    if isinstance(value, tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    return str(value)


def _plain_record(value: "DataclassInstance") -> dict[str, object]:
    every = vars(value)
    return {
        name: part if type(part := every[name]) in SCALARS else [] if part == () else _plain(part)
        for name in _decisive(type(value))
    }


@cache
def _plain_type(value: Type) -> dict[str, object]:
    """Few types are those of all columns."""
    return _plain_record(value)


@cache
def _decisive(kind: "type[DataclassInstance]") -> tuple[str, ...]:
    return tuple(sorted(each.name for each in fields(kind) if each.compare and each.name not in NOT_DATA))
