"""The models as JSON Schema (draft 7), so that editors complete and check the YAML while it is written.

It accepts what the reader accepts: any scalar for text, choices in any letter case, `null` for a key that is not written, and a
template wherever a value may stand.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import NoneType
from typing import Literal, cast, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BeforeValidator, SecretStr
from pydantic.fields import FieldInfo

from sl_assets.spec.base import Documentary, Extension, Lower, Named, Spec, Unsupported, Upper
from sl_assets.spec.kinds import KINDS, Kind

Schema = dict[str, object]

DRAFT = "http://json-schema.org/draft-07/schema#"
ALL = "starlake"
"""The name of the schema of all kinds at once."""

_TEMPLATE = r"\{\{|\{%|\$\{"
_TRUTH = ("true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0")
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}


def file_schema(kind: Kind) -> Schema:
    """The schema of one kind of file."""
    return _whole(kind.name, f"{kind.where} of a Starlake project", [kind])


def project_schema() -> Schema:
    """One schema for all kinds: a file has the key of its kind."""
    return _whole(ALL, "Any YAML file of a Starlake project", KINDS.values())


def _whole(name: str, title: str, kinds: Iterable[Kind]) -> Schema:
    definitions: dict[str, Schema] = {}
    properties: dict[str, Schema] = {}
    for kind in kinds:
        properties |= cast("dict[str, Schema]", _object(kind.model, definitions)["properties"])
    return {
        "$schema": DRAFT,
        "$id": f"urn:sl-assets:schema:{name}",
        "title": title,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "definitions": dict(sorted(definitions.items())),
    }


def _object(model: type[Spec], definitions: dict[str, Schema]) -> Schema:
    fields = {info.alias or name: info for name, info in model.model_fields.items()}
    schema: Schema = {
        "type": "object",
        "description": (model.__doc__ or "").strip(),
        "properties": {key: _property(info, definitions) for key, info in fields.items()},
        "additionalProperties": False,
    }
    required = [key for key, info in fields.items() if info.is_required()]
    return {**schema, "required": required} if required else schema


def _property(info: FieldInfo, definitions: dict[str, Schema]) -> Schema:
    schema = _value(info.annotation, info.metadata, definitions)
    usual: list[Schema] = [{"enum": list(info.examples)}] if info.examples else []
    choices = [*usual, *cast("list[Schema]", schema.get("anyOf", [schema]))]
    described: Schema = {"description": _description(info)}
    default: object = info.default
    if isinstance(default, str | int | float) and default != "":
        described["default"] = default
    nothing: list[Schema] = [] if info.is_required() else [{"type": "null"}]
    if schema == {}:
        return described
    return {**described, "anyOf": [*choices, *nothing]}


def _description(info: FieldInfo) -> str:
    text = info.description or ""
    for mark in info.metadata:
        if isinstance(mark, Unsupported):
            text = f"{text} Not supported by sl-assets. {mark.why}"
        elif isinstance(mark, Documentary):
            text = f"{text} Without effect in sl-assets."
        elif isinstance(mark, Extension):
            text = f"{text} An extension of sl-assets."
    return text.strip()


def _value(annotation: object, marks: Iterable[object], definitions: dict[str, Schema]) -> Schema:
    marks = tuple(marks)
    arguments = [each for each in get_args(annotation) if each is not NoneType and each is not Ellipsis]
    origin = get_origin(annotation)
    if hasattr(annotation, "__metadata__"):
        return _value(arguments[0], (*marks, *getattr(annotation, "__metadata__", ())), definitions)
    if origin is Literal:
        return _choice([str(each) for each in arguments], marks)
    if origin is tuple:
        item = _value(arguments[0], (), definitions)
        named = any(isinstance(mark, Named) for mark in marks)
        return {"type": "array", "items": {"anyOf": [_SCALAR, item]} if named else item}
    if origin is dict:
        return _map(_value(arguments[1], (), definitions))
    if len(arguments) == 1:
        return _value(arguments[0], marks, definitions)
    return _plain(annotation, marks, definitions)


def _plain(annotation: object, marks: tuple[object, ...], definitions: dict[str, Schema]) -> Schema:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return _reference(annotation, definitions)
    return _scalar(cast("type", annotation), marks)


def _map(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": {"anyOf": [value, {"type": "null"}]} if value == _SCALAR else value}


def _reference(model: type[Spec], definitions: dict[str, Schema]) -> Schema:
    name = model.__name__.removesuffix("Spec")
    if name not in definitions:
        definitions[name] = {}  # what refers to itself finds it there
        definitions[name].update(_object(model, definitions))
    return {"$ref": f"#/definitions/{name}"}


def _choice(choices: list[str], marks: tuple[object, ...]) -> Schema:
    if any(mark in (Upper, Lower) for mark in marks if isinstance(mark, BeforeValidator)):
        anyhow = "|".join(_any_case(each) for each in choices)
        return {"anyOf": [{"enum": choices}, {"type": "string", "pattern": f"^({anyhow})$|{_TEMPLATE}"}]}
    return {"anyOf": [{"enum": [*(int(each) for each in choices if each.isdecimal()), *choices]}, _pattern("")]}


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else letter for letter in word)


def _pattern(text: str) -> Schema:
    return {"type": "string", "pattern": f"{text}|{_TEMPLATE}" if text else _TEMPLATE}


def _scalar(annotation: type, marks: tuple[object, ...]) -> Schema:
    bounds: Schema = {}
    for mark in marks:
        if isinstance(mark, Ge):
            bounds["minimum"] = mark.ge
        elif isinstance(mark, Le):
            bounds["maximum"] = mark.le
    if annotation is bool:
        truth = "|".join(_any_case(word) for word in _TRUTH)
        return {"anyOf": [{"type": "boolean"}, {"enum": [0, 1]}, _pattern(f"^({truth})$")]}
    if annotation is int:
        return {"anyOf": [{"type": "integer", **bounds}, _pattern(r"^[-+]?[0-9]+$")]}
    if annotation is float:
        return {"anyOf": [{"type": "number", **bounds}, _pattern(r"^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$")]}
    return _SCALAR if annotation in (str, SecretStr) else {}


def schemas() -> Mapping[str, Schema]:
    """Every schema by its name: one per kind, and the one for all."""
    return {**{kind.name: file_schema(kind) for kind in KINDS.values()}, ALL: project_schema()}


def write_schemas(folder: Path, names: Iterable[str] | None = None) -> tuple[Path, ...]:
    """Write schemas into a folder, each as `<name>.schema.json`; all of them without names.

    Raises:
        OSError: It cannot be written to.
    """
    found = schemas()
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.schema.json" for name in names or found}
    for name, path in paths.items():
        path.write_text(schema_text(found[name]), encoding="utf-8")
    return tuple(paths.values())


def schema_text(schema: Schema) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
