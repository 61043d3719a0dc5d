"""An XML element as JSON, in the shape of a table's attributes: leaves stay text, so that the rules are asked of them.

An XML attribute `id` is the field `_id`, the text of an element that has attributes or elements of its own is `_VALUE`, and names
count without their namespaces.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sl_assets.formats.xml_elements import Element, local_name
from sl_assets.project.records import Attribute

_VALUE = "_VALUE"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class EntityError(ValueError):
    """An element holds an entity that has no meaning, such as `&name;`."""


def fields_of(element: Element, attributes: Iterable[Attribute], null: str | None) -> dict[str, Any]:
    """The fields of an element that a table or struct asks for; a missing one has no key.

    Args:
        element: Where they are.
        attributes: What is asked for.
        null: The table's `nullValue`.

    Raises:
        EntityError: A value cannot be told because an entity stands in it.
    """
    within = _by_name(element)
    fields: dict[str, Any] = {}
    for attribute in attributes:
        found = within.get(local_name(attribute.source))
        if found is not None:
            fields[attribute.source] = _values(found, attribute, null)
        elif (text := _own(element, attribute.source)) is not None:
            value = None if text == null else text
            fields[attribute.source] = [value] if attribute.array else value
    return fields


def _by_name(element: Element) -> dict[str, list[Element]]:
    within: dict[str, list[Element]] = {}
    for child in element:
        if not isinstance(child.tag, str):
            raise EntityError(f"holds an entity that nobody declares: {child.text}")
        within.setdefault(local_name(child.tag), []).append(child)
    return within


def _own(element: Element, source: str) -> str | None:
    """The text of an element, or one of its XML attributes."""
    if source == _VALUE:
        text = _text(element)
        return (text.strip() if len(element) else text) or None  # between elements, white space is layout
    if not source.startswith("_"):
        return None
    name = local_name(source[1:])
    return next((value for key, value in element.attrib.items() if local_name(key) == name), None)


def _values(found: Sequence[Element], attribute: Attribute, null: str | None) -> Any:
    values = [_value(element, attribute, null) for element in found]
    return values if attribute.array or len(values) > 1 else values[0]


def _value(element: Element, attribute: Attribute, null: str | None) -> Any:
    if element.attrib.get(_NIL) in {"true", "1"}:
        return None
    if attribute.type.primitive == "variant":
        return _anything(element)
    if attribute.type.primitive == "struct":
        return _struct(element, attribute, null)
    return _anything(element) if _by_name(element) else _leaf(element, null)


def _struct(element: Element, attribute: Attribute, null: str | None) -> Any:
    text = not _by_name(element) and not element.attrib
    if text and not _text(element).strip():
        return None
    if text and all(field.source != _VALUE for field in attribute.attributes):
        return _leaf(element, null)
    return fields_of(element, attribute.attributes, null)


def _leaf(element: Element, null: str | None) -> str | None:
    text = _text(element)
    return None if text == null else text


def _anything(element: Element) -> Any:
    """An element whose shape nobody has told."""
    within = _by_name(element)
    if not within and not element.attrib:
        return _text(element)
    fields: dict[str, Any] = {f"_{local_name(key)}": value for key, value in element.attrib.items()}
    for name, found in within.items():
        values = [_anything(child) for child in found]
        fields[name] = values if len(values) > 1 else values[0]
    text = _text(element).strip()
    return fields | ({_VALUE: text} if text else {})


def _text(element: Element) -> str:
    """The text that is the element's own, not that of elements within."""
    return (element.text or "") + "".join(child.tail or "" for child in element)
