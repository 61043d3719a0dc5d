"""The records of a file, whatever its format, each with the line on which it begins: read in the simplest way."""

import csv
import gzip
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Yaml = Mapping[str, Any]
Record = dict[str, Any]


def records(file: Path, table: Yaml) -> Iterator[tuple[int, Record]]:
    """The values by the attributes' names as the file has them, before `rename`; nothing is None."""
    metadata = table["metadata"]
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    text = content.decode(metadata.get("encoding", "UTF-8"))
    match metadata.get("format"):
        case "JSON":
            yield from _json(text)
        case "XML":
            yield from _xml(text, metadata["options"]["rowTag"], table["attributes"])
        case "POSITION":
            yield from _fixed(text, table["attributes"])
        case _:
            yield from _delimited(text, metadata["separator"], metadata.get("nullValue", ""))


def _json(text: str) -> Iterator[tuple[int, Record]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line not in ("[", "]"):
            yield number, json.loads(line.rstrip(","))


def _delimited(text: str, separator: str, null: str) -> Iterator[tuple[int, Record]]:
    for number, record in enumerate(csv.DictReader(text.splitlines(), delimiter=separator), start=2):
        yield number, {name: None if value in ("", null) else value for name, value in record.items()}


def _fixed(text: str, attributes: Sequence[Yaml]) -> Iterator[tuple[int, Record]]:
    for number, line in enumerate(text.splitlines()[1:], start=2):
        yield number, {each["name"]: _field(line, each) or None for each in attributes}


def _field(line: str, attribute: Yaml) -> str:
    field = line[int(attribute["position"]["first"]) : int(attribute["position"]["last"]) + 1]
    return field.strip() if attribute.get("trim") == "BOTH" else field


def _xml(text: str, tag: str, attributes: Sequence[Yaml]) -> Iterator[tuple[int, Record]]:
    for found in re.finditer(rf"<{tag}\b.*?</{tag}>", text, flags=re.DOTALL):
        yield text.count("\n", 0, found.start()) + 1, _element(ET.fromstring(found.group()), attributes)  # noqa: S314 - our own files


def _element(element: ET.Element, attributes: Sequence[Yaml]) -> Record:
    return {each["name"]: _value(element, each) for each in attributes}


def _value(element: ET.Element, attribute: Yaml) -> Any:
    name = attribute["name"]
    if name.startswith("_"):
        return element.get(name[1:])
    values = [
        _element(child, attribute["attributes"]) if attribute["type"] == "struct" else child.text
        for child in element.findall(name)
    ]
    return (values or None) if attribute.get("array") == "true" else next(iter(values), None)
