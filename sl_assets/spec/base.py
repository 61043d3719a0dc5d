"""What all models of YAML files share: camelCase keys, frozen, nothing unknown, and `null` means "not written"."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic.alias_generators import to_camel


@dataclass(frozen=True)
class Unsupported:
    """Marks a key of Starlake's language that is checked and then read past, with a warning; `why` is its hint."""

    why: str = ""


@dataclass(frozen=True)
class Documentary:
    """Marks a key that is checked and then read past without a word: it would change nothing here."""


@dataclass(frozen=True)
class Extension:
    """Marks a key that is ours: Starlake does not know it."""


@dataclass(frozen=True)
class Named:
    """Marks a list whose items may be a text alone, which is then the item's `name`."""


UNSUPPORTED = Unsupported()
DOCUMENTARY = Documentary()
EXTENSION = Extension()

Anything = dict[str, object] | list[object] | str
"""A value whose structure is somebody else's business, such as Spark's settings."""


class Spec(BaseModel):
    """Base of every model. Keys are camelCase in YAML, snake_case here; a key whose value is null counts as not written."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        written = cast("dict[str, object]", data)
        if None not in written.values():
            return written
        known = key_names(cls)
        return {key: value for key, value in written.items() if value is not None or key not in known}


@cache
def key_names(model: type[Spec]) -> Mapping[str, str]:
    """The YAML keys of a model -> its field names."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _empty(value: object) -> object:
    return "" if value is None else value


def _written(value: object) -> object:
    return str(value) if isinstance(value, int | float) else value


Secret = Annotated[SecretStr, BeforeValidator(_written)]
"""Text that is shown nowhere; a number is taken as text, or the complaint about it would show it."""

Upper = BeforeValidator(_upper)
"""Makes a choice insensitive to letter case; the choices are upper case."""

Lower = BeforeValidator(_lower)
"""Makes a choice insensitive to letter case; the choices are lower case."""

Text = Annotated[str, BeforeValidator(_empty)]
"""A value of a string map, where nothing means empty text."""

StringMap = dict[str, Text]
"""A map of text to text, such as `options`."""

Version = Annotated[Literal["1"] | None, Field(description="The version of the syntax. A file without it may be in the old one.")]
"""The key `version` of every file."""
