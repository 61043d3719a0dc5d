"""What pydantic says about a value -> what a stranger understands."""

from typing import NamedTuple

from pydantic_core import ErrorDetails

from sl_assets.spec.base import Spec, key_names
from sl_assets.spec.document import Data, Route
from sl_assets.spec.findings import allowed, suggest
from sl_assets.spec.shape import honoured, model_at, slots

_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
}

OLD_NAMES = {
    "schema": 'It is the old name of "table".',
    "schemas": 'It is the old name of "tables".',
    "attributesDesc": 'It is the old name of "attributes".',
    "dataset": 'It is the old name of "table".',
    "write": 'It is the old way to write "writeStrategy: {type: ...}".',
    "merge": 'It is the old way to write "writeStrategy: {type: ..., key: [...]}", and excludes dynamicPartitionOverwrite.',
    "strategy": 'It is an old name of "metadata.writeStrategy".',
    "globalJdbcSchema": 'It is the old name of "default".',
}

_MEANT = {("on", "BOTH"): "SOURCE_AND_TARGET"}
"""Values that Starlake's documentation has and Starlake does not take, by key, and what they are."""
_FILES = {
    "load": "a domain, which is described in load/<domain>/_config.sl.yml",
    "transform": "a folder of tasks, which is described in transform/<domain>/_config.sl.yml",
    "table": "a table, which has a file of its own in load/<domain>/",
    "task": "a task, which has a file of its own in transform/<domain>/",
}
"""What the contents of a file under a key are about."""


class Explained(NamedTuple):
    """One fault of a value: the code, the fact, the hint."""

    code: str
    fact: str
    hint: str


def explain(error: ErrorDetails, root: type[Spec]) -> Explained:
    """Tell one pydantic error."""
    kind = error["type"]
    found: object = error.get("input")
    route: Route = tuple(error["loc"])
    if kind == "extra_forbidden":
        return _unknown_key(root, route)
    if kind == "missing":
        return Explained("SL106", "is missing.", "It is required here.")
    if kind == "literal_error":
        return _not_allowed(error, found, route)
    if kind in _EXPECTED:
        hint = "Write it as a list: [...]." if kind == "tuple_type" and type(found) in (str, dict) else ""
        return Explained("SL107", f"expected {_EXPECTED[kind]}, found {describe(found)}.", hint)
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return Explained("SL107", f"{message[:1].lower()}{message[1:]}, found {describe(found)}.", "")


def describe(value: object) -> str:
    """A value in few words: text as it is, anything else by its kind."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f'"{value}"'


def subject(route: Route, data: Data) -> str:
    """A route as text, without the root key; list items go by their `name`: `attributes[order_id].type`."""
    parts: list[str] = []
    for step in route:
        below = _step(data, step)
        if isinstance(step, int):
            name = below.get("name") if isinstance(below, dict) else None
            parts[-1:] = [f"{parts[-1] if parts else ''}[{name if isinstance(name, str) else step}]"]
        else:
            parts.append(step)
        data = below
    return ".".join(parts[1:] if len(parts) > 1 else parts)


def _step(data: Data, step: str | int) -> Data:
    if isinstance(data, dict):
        return data.get(str(step))
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None


def _unknown_key(root: type[Spec], route: Route) -> Explained:
    word = str(route[-1])
    model = model_at(root, route[:-1])
    if word in OLD_NAMES:
        return Explained("SL105", "is an unknown key.", f"{OLD_NAMES[word]} A file with version: 1 cannot have it.")
    if model is None:
        return Explained("SL105", "is an unknown key.", "")
    if len(route) == 1 and word in _FILES:
        hint = f"It is about {_FILES[word]}. {allowed(honoured(model))}"
        return Explained("SL105", "is an unknown key in this file.", hint)
    inside = next((key for key, slot in slots(model).items() if slot.model and slot.many == "one" and _has(slot.model, word)), "")
    meant = f'It belongs under "{inside}".' if inside else suggest(word, key_names(model))
    return Explained("SL105", "is an unknown key.", f"{meant} {allowed(honoured(model))}".strip())


def _has(model: type[Spec], word: str) -> bool:
    return word in key_names(model)


def _not_allowed(error: ErrorDetails, found: object, route: Route) -> Explained:
    if not isinstance(found, str):
        return Explained("SL107", f"expected text, found {describe(found)}.", "")
    choices = error.get("ctx", {}).get("expected", "").replace(" or ", ", ").replace("'", "").split(", ")
    meant = _MEANT.get((str(route[-1]), found), found)
    return Explained("SL108", f'"{found}" is unknown.', allowed([choice for choice in choices if choice], meant))
