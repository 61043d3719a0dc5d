"""What guessing ends in: a format and a tree of fields."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from sl_assets.project.records import Format

Kind = Literal[
    "text",
    "quoted",
    "string",
    "whole",
    "number",
    "boolean",
    "decimal",
    "date",
    "timestamp",
    "scalar",
    "empty",
    "variant",
    "struct",
]
"""What the values of a field are, as far as the format tells.

`text`: whatever the text says (delimited text, XML). `quoted`: JSON strings, which may be dates. `scalar`: scalars of several
kinds. `empty`: there was no value. `variant`: of no fixed shape. The others are what they are called.
"""

_WIDER: dict[frozenset[Kind], Kind] = {frozenset({"whole", "number"}): "number", frozenset({"whole", "decimal"}): "decimal"}


@dataclass(frozen=True)
class Field:
    """A field of the files, in order of appearance; `note` is what a reader of the YAML should know of it."""

    name: str
    kind: Kind
    array: bool = False
    fields: tuple["Field", ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Guess:
    """How files are written and what is in them.

    Attributes:
        format: How they are to be read.
        fields: What a record holds.
        notes: What a reader of the YAML should know of the format.
        others: Other formats that are possible, the likelier ones first.
        encoding: What the files are in; the format's own encoding is that of the copies that are looked at.
    """

    format: Format
    fields: tuple[Field, ...]
    notes: tuple[str, ...] = ()
    others: tuple[Format, ...] = ()
    encoding: str = "UTF-8"


class GuessError(Exception):
    """Files of which nothing can be guessed: which one, what about it, why."""

    def __init__(self, file: str, subject: str, reason: str, hint: str = "") -> None:
        super().__init__(f"{file}  {subject}: {reason}.{f' Hint: {hint}' if hint else ''}")
        self.file = file
        self.told = (subject, reason, hint)

    def about(self, file: str) -> "GuessError":
        """The same of another file: the original of a copy."""
        return GuessError(file, *self.told)


def merge_fields(shapes: Iterable[tuple[Field, ...]]) -> tuple[Field, ...]:
    """The fields of several files as one list, in order of appearance."""
    found: dict[str, Field] = {}
    for shape in shapes:
        for field in shape:
            found[field.name] = _merge(found[field.name], field) if field.name in found else field
    return tuple(found.values())


def _merge(one: Field, other: Field) -> Field:
    if one == other or other.kind == "empty":
        return one
    if one.kind == "empty":
        return other
    if one.array != other.array or "variant" in (one.kind, other.kind):
        return Field(one.name, "variant")
    if one.kind == other.kind == "struct":
        return replace(one, fields=merge_fields((one.fields, other.fields)))
    if "struct" in (one.kind, other.kind):
        return Field(one.name, "variant")
    kind = one.kind if one.kind == other.kind else _WIDER.get(frozenset({one.kind, other.kind}), "scalar")
    return Field(one.name, kind, one.array, note=one.note or other.note)
