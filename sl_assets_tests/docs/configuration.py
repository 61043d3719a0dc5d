"""The reference of all keys, out of the models: `docs/configuration.md`."""

from collections.abc import Iterator
from types import NoneType
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from sl_assets.spec.base import Documentary, Extension, Named, Spec, Unsupported
from sl_assets.spec.kinds import KINDS

_WORDS = {str: "text", bool: "true or false", int: "whole number", float: "number", SecretStr: "text, secret"}


def key_reference() -> str:
    """Every kind of file, and below it every mapping in it that was not described before."""
    described: set[type[Spec]] = set()
    parts = ["\n"]
    for kind in KINDS.values():
        where = " or ".join(f"`{each}`" for each in kind.where.split(", "))
        parts.append(f"## Files: {kind.name}\n\n{where}\n\n{_table(kind.model)}\n")
        parts += [
            f"### {title(model)}\n\n{_escaped(model.__doc__ or '')}\n\n{_table(model)}\n"
            for model in _below(kind.model, described)
        ]
    return "".join(parts)


def title(model: type[Spec]) -> str:
    """What a mapping's section is called: `WriteStrategySpec` -> `write strategy`."""
    name = model.__name__.removesuffix("Spec")
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _below(model: type[Spec], described: set[type[Spec]]) -> Iterator[type[Spec]]:
    for info in model.model_fields.values():
        below = _model(info.annotation)
        if below is not None and below not in described:
            described.add(below)
            yield below
            yield from _below(below, described)


def _model(annotation: object) -> type[Spec] | None:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model(each)) is not None), None)


def _table(model: type[Spec]) -> str:
    fields = sorted(model.model_fields.items(), key=lambda field: _is_idle(field[1]))
    rows = "".join(f"| `{info.alias or name}` | {_kind(info)} | {_default(info)} | {_meaning(info)} |\n" for name, info in fields)
    return f"| key | value | default | |\n|---|---|---|---|\n{rows}"


def _is_idle(info: FieldInfo) -> bool:
    return any(isinstance(mark, Unsupported | Documentary) for mark in info.metadata)


def _kind(info: FieldInfo) -> str:
    text = _shape(info.annotation)
    return f"{text} (a name alone will do)" if any(isinstance(mark, Named) for mark in info.metadata) else text


def _shape(annotation: object) -> str:
    arguments = [each for each in get_args(annotation) if each is not NoneType and each is not Ellipsis]
    origin = get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return f"[{title(annotation)}](#{title(annotation).replace(' ', '-')})"
    if hasattr(annotation, "__metadata__"):
        return _shape(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin is tuple:
        return f"list of {_shape(arguments[0])}"
    if origin is dict:
        return f"name to {_shape(arguments[1])}"
    return _shape(arguments[0]) if len(arguments) == 1 else str(_WORDS.get(annotation, "anything"))  # pyright: ignore[reportCallIssue, reportArgumentType]


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    default: object = info.default
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{_escaped(str(default))}`" if isinstance(default, str | int | float) and default != "" else ""


def _meaning(info: FieldInfo) -> str:
    text = info.description or ""
    for mark in info.metadata:
        if isinstance(mark, Unsupported):
            text = f"*Not supported*: {text} {mark.why}".strip()
        elif isinstance(mark, Documentary):
            text = f"*Without effect*: {text}"
        elif isinstance(mark, Extension):
            text = f"*Extension*: {text}"
    return _escaped(text)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
