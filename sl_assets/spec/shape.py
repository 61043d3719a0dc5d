"""The models seen as a tree of keys: which keys are allowed where, and which of those written are not supported."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args, get_origin

from sl_assets.spec.base import Documentary, Spec, Unsupported
from sl_assets.spec.document import Data, Route

Many = Literal["one", "list", "map"]
_IDLE = (Unsupported, Documentary)


@dataclass(frozen=True)
class Slot:
    """One key of a model: the model below it (if any), whether that comes once, in a list or in a map.

    `unsupported` is the mark of a key that is read past with a warning; `idle`: it is read past, with one or without. `usual` is
    the text of its default.
    """

    unsupported: Unsupported | None
    idle: bool
    model: type[Spec] | None
    many: Many
    usual: str = ""


@cache
def slots(model: type[Spec]) -> Mapping[str, Slot]:
    """YAML key -> slot, in the order of the model."""
    found: dict[str, Slot] = {}
    for name, info in model.model_fields.items():
        below, many = _below(info.annotation)
        mark = next((each for each in info.metadata if isinstance(each, Unsupported)), None)
        idle = any(isinstance(each, _IDLE) for each in info.metadata)
        default: object = info.default
        usual = str(default).lower() if isinstance(default, str | int) else ""
        found[info.alias or name] = Slot(mark, idle, below, many, usual)
    return found


def honoured(model: type[Spec]) -> list[str]:
    """The YAML keys of a model that have an effect here, sorted."""
    return sorted(key for key, slot in slots(model).items() if not slot.idle)


def model_at(root: type[Spec], route: Route) -> type[Spec] | None:
    """The model of the mapping at `route`; None when that is no mapping with fixed keys."""
    slot = Slot(None, False, root, "one")
    for step in route:
        if slot.model is None:
            return None
        slot = Slot(None, False, slot.model, "one") if slot.many != "one" else slots(slot.model).get(str(step)) or _NOTHING
    return slot.model if slot.many == "one" else None


def idle_part(root: type[Spec], route: Route) -> Route | None:
    """The beginning of `route` that ends with a key that is read past; None when all of it counts."""
    slot = Slot(None, False, root, "one")
    for length, step in enumerate(route, start=1):
        if slot.model is None:
            return None
        slot = Slot(None, False, slot.model, "one") if slot.many != "one" else slots(slot.model).get(str(step)) or _NOTHING
        if slot.idle:
            return route[:length]
    return None


def unsupported(root: type[Spec], data: Data, route: Route = ()) -> Iterator[tuple[Route, Unsupported]]:
    """The routes of all keys written in `data` that are known but not supported, with their marks.

    A key that asks for nothing is left out: it is empty, or says what holds without it.
    """
    if not isinstance(data, dict) or (known := _watched(root)).keys().isdisjoint(data):
        return
    for key, value in data.items():
        slot = known.get(key)
        if slot is None or value is None:
            continue
        if slot.unsupported is not None:
            if value not in ("", [], {}) and not (isinstance(value, str) and value.lower() == slot.usual):
                yield (*route, key), slot.unsupported
        elif slot.model is not None:
            for step, child in _children(slot, value):
                yield from unsupported(slot.model, child, (*route, key, *step))


@cache
def _watched(model: type[Spec]) -> Mapping[str, Slot]:
    """The keys that are not supported, or have others below them."""
    return {key: slot for key, slot in slots(model).items() if slot.unsupported is not None or slot.model is not None}


def _children(slot: Slot, value: Data) -> Iterator[tuple[Route, Data]]:
    if slot.many == "one":
        yield (), value
    elif isinstance(value, list):
        yield from (((index,), child) for index, child in enumerate(value))
    elif isinstance(value, dict):
        yield from (((key,), child) for key, child in value.items())


def _below(annotation: object) -> tuple[type[Spec] | None, Many]:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return annotation, "one"
    origin = get_origin(annotation)
    many: Many = "list" if origin is tuple else "map" if origin is dict else "one"
    for argument in get_args(annotation):
        if isinstance(argument, type) and issubclass(argument, Spec):
            return argument, many
    return None, "one"


_NOTHING = Slot(None, False, None, "one")
