"""Arrays and structs: JSON -> nested values, and the faults within, by path (`order_lines[0].quantity`).

Each level is taken apart once; `list_transform([x], ...)[1]` stands for "let", which SQL lacks.
"""

import json
from dataclasses import dataclass, replace

from sl_assets.project.records import Attribute
from sl_assets.sql.text import quote_name, quote_text
from sl_assets.validation.messages import FAULT, NONE, Subject
from sl_assets.validation.privacy import private, private_within
from sl_assets.validation.scalars import json_kind, json_text, prepared, scalar_fault
from sl_assets.validation.types import column_type, rule_of


@dataclass(frozen=True)
class Nesting:
    """What holds for all levels: the project's timezone, the table's `emptyIsNull`, whether messages show values."""

    timezone: str
    empty_is_null: bool
    with_value: bool


def nested_value(attribute: Attribute, value: str, nesting: Nesting, depth: int = 0) -> str:
    """SQL of the value of an attribute, from SQL of its JSON; NULL where the JSON is of another kind."""
    if depth == 0 and attribute.privacy is not None and attribute.privacy.method == "SQL":
        attribute = replace(attribute, privacy=None)  # an expression for the whole column comes later
    if attribute.array:
        item = f"x{depth}"
        inner = nested_value(replace(attribute, array=False), item, nesting, depth + 1)
        elements = f"list_transform({_elements(value)}, lambda {item}: {inner})"
        return f"CAST(CASE WHEN starts_with({value}, '[') THEN {elements} END AS {column_type(attribute)})"
    if attribute.type.primitive == "struct":
        private(attribute, value)  # a method on a struct fits nothing, and says so
        item = f"s{depth}"
        fields = ", ".join(
            f"{quote_name(field.name)} := {nested_value(field, f'{item}.{quote_name(field.source)}', nesting, depth + 1)}"
            for field in attribute.attributes
            if not field.ignore
        )
        return f"CASE WHEN starts_with({value}, '{{') THEN {_let(item, _fields(attribute, value), f'struct_pack({fields})')} END"
    cast = rule_of(attribute, nesting.timezone).cast(_text(attribute, value, nesting))
    return private_within(attribute, cast, depth)


def nested_faults(attribute: Attribute, value: str, path: str, nesting: Nesting, depth: int = 0) -> str:
    """SQL of the list of faults (never NULL) of an attribute at a path (SQL), from SQL of its JSON."""
    subject = Subject(attribute, path, f"CAST({value} AS VARCHAR)", nesting.with_value)
    null = f"[{subject.null()}]" if attribute.required else NONE
    if attribute.array:
        return f"CASE WHEN {value} IS NULL THEN {null} {_array_faults(attribute, subject, value, nesting, depth)} END"
    if attribute.type.primitive == "struct":
        return f"CASE WHEN {value} IS NULL THEN {null} {_struct_faults(attribute, subject, value, nesting, depth)} END"
    text = _text(attribute, value, nesting)
    rule = rule_of(attribute, nesting.timezone)
    shown = replace(subject, value=text)
    fault = scalar_fault(rule, shown, text, rule.cast(text), value)
    return f"list_filter([CAST({fault} AS {FAULT})], lambda e{depth}: e{depth} IS NOT NULL)"


def _array_faults(attribute: Attribute, subject: Subject, value: str, nesting: Nesting, depth: int) -> str:
    item, index = f"x{depth}", f"i{depth}"
    at = f"({subject.path} || '[' || ({index} - 1) || ']')"
    inner = nested_faults(replace(attribute, array=False, required=False), item, at, nesting, depth + 1)
    within = f"flatten(list_transform({_elements(value)}, lambda {item}, {index}: {inner}))"
    return f"WHEN NOT starts_with({value}, '[') THEN [{subject.not_array()}] ELSE {within}"


def _struct_faults(attribute: Attribute, subject: Subject, value: str, nesting: Nesting, depth: int) -> str:
    item = f"s{depth}"
    faults = ", ".join(
        nested_faults(
            field,
            f"{item}.{quote_name(field.source)}",
            f"({subject.path} || {quote_text('.' + field.source)})",
            nesting,
            depth + 1,
        )
        for field in attribute.attributes
    )
    within = _let(item, _fields(attribute, value), f"flatten([{faults}])")
    return f"WHEN NOT starts_with({value}, '{{') THEN [{subject.mistaken(json_kind(value))}] ELSE {within}"


def _text(attribute: Attribute, value: str, nesting: Nesting) -> str:
    if attribute.type.primitive == "variant":
        return f"CAST({value} AS VARCHAR)"
    return prepared(attribute, json_text(value), empty_is_null=nesting.empty_is_null, read_as_null=False)


def _elements(value: str) -> str:
    return f"from_json({value}, '[\"JSON\"]')"


def _fields(attribute: Attribute, value: str) -> str:
    shape = json.dumps({field.source: "JSON" for field in attribute.attributes})
    return f"from_json({value}, {quote_text(shape)})"


def _let(name: str, value: str, body: str) -> str:
    return f"list_transform([{value}], lambda {name}: {body})[1]"
