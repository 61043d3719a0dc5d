"""YAML files of a project, written: tables, domains, types. What is written here reads back as the same text."""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"})
_WIDTH = 110

Value = str | bool | Mapping[str, str]


@dataclass(frozen=True)
class WrittenAttribute:
    """One of `attributes:`; each note becomes a comment above it."""

    name: str
    type: str = "string"
    array: bool = False
    required: bool = False
    rename: str | None = None
    attributes: tuple["WrittenAttribute", ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WrittenType:
    """One of `types:`."""

    name: str
    primitive: str
    pattern: str
    zone: str | None = None


@dataclass(frozen=True)
class WrittenTable:
    """A table file. `metadata` is in YAML's own keys; notes become comments above `metadata` and below the write strategy."""

    name: str
    pattern: str
    metadata: Mapping[str, Value]
    attributes: tuple[WrittenAttribute, ...]
    notes: tuple[str, ...] = ()
    strategy: str = "APPEND"
    strategy_notes: tuple[str, ...] = ()


def table_text(table: WrittenTable) -> str:
    """The file of a table."""
    lines = ["version: 1", "table:", f"  name: {scalar(table.name)}", f"  pattern: {scalar(table.pattern)}", "  metadata:"]
    lines += [line for note in table.notes for line in _comment(note, 4)]
    for key, value in table.metadata.items():
        lines += _entry(key, value, 4)
    lines += ["    writeStrategy:", f"      type: {table.strategy}"]
    lines += [line for note in table.strategy_notes for line in _comment(note, 6)]
    lines += ["  attributes:", *attribute_lines(table.attributes, 4)]
    return "\n".join(lines) + "\n"


def domain_text(directory: str) -> str:
    """A domain's `_config.sl.yml`; `directory` is where its files arrive."""
    return f"version: 1\nload:\n  metadata:\n    directory: {scalar(directory)}\n"


def types_text(types: Iterable[WrittenType]) -> str:
    """The file `types/types.sl.yml`."""
    return "\n".join(["version: 1", "types:", *type_lines(types, 2)]) + "\n"


def type_lines(types: Iterable[WrittenType], indent: int) -> list[str]:
    """Items of `types:`, each beginning at column `indent` (from 0)."""
    return [line for each in types for line in _item(_type_entries(each), indent)]


def attribute_lines(attributes: Iterable[WrittenAttribute], indent: int) -> list[str]:
    """Items of `attributes:`, each beginning at column `indent` (from 0)."""
    lines: list[str] = []
    for each in attributes:
        lines += [line for note in each.notes for line in _comment(note, indent)]
        lines += _item(_attribute_entries(each), indent)
        if each.attributes:
            lines += [f"{' ' * (indent + 2)}attributes:", *attribute_lines(each.attributes, indent + 4)]
    return lines


def attribute_flow(attribute: WrittenAttribute) -> str:
    """An attribute on one line: `{name: id, type: long}`."""
    parts = [f"{key}: {_flow(value)}" for key, value in _attribute_entries(attribute)]
    if attribute.attributes:
        parts.append(f"attributes: [{', '.join(attribute_flow(each) for each in attribute.attributes)}]")
    return "{" + ", ".join(parts) + "}"


def scalar(text: str) -> str:
    r"""A text as a YAML scalar that every reader of YAML takes for that text: plain, 'single' or "double" quoted.

    Example:
        >>> scalar("orders"), scalar("no"), scalar("a.*\\.csv"), scalar("\t")
        ('orders', "'no'", "'a.*\\.csv'", '"\\t"')
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if text.isprintable() and text.isascii():
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _attribute_entries(attribute: WrittenAttribute) -> Iterator[tuple[str, Value]]:
    yield "name", attribute.name
    if attribute.rename is not None:
        yield "rename", attribute.rename
    yield "type", attribute.type
    if attribute.array:
        yield "array", True
    if attribute.required:
        yield "required", True


def _type_entries(kind: WrittenType) -> Iterator[tuple[str, Value]]:
    yield "name", kind.name
    yield "primitiveType", kind.primitive
    yield "pattern", kind.pattern
    if kind.zone is not None:
        yield "zone", kind.zone


def _item(entries: Iterable[tuple[str, Value]], indent: int) -> list[str]:
    return [f"{' ' * indent}{'- ' if number == 0 else '  '}{key}: {_flow(value)}" for number, (key, value) in enumerate(entries)]


def _entry(key: str, value: Value, indent: int) -> list[str]:
    return [f"{' ' * indent}{key}: {_flow(value)}"]


def _flow(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return scalar(value)
    return "{" + ", ".join(f"{key}: {scalar(text)}" for key, text in value.items()) + "}"


def _comment(note: str, indent: int) -> list[str]:
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in note)
    shown = shown.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #").replace("${", "$ {")  # no template
    return textwrap.wrap(shown, _WIDTH, initial_indent=f"{' ' * indent}# ", subsequent_indent=f"{' ' * indent}# ")
