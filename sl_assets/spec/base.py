"""What all models of YAML files share: camelCase keys, frozen, nothing unknown, and `null` means "not written"."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, model_validator
from pydantic.alias_generators import to_camel


class Unsupported:
    """Marks a key of Starlake's language that we read past, with a warning."""


Ignored = Annotated[object, Unsupported()]
"""The type of a key that is known but not supported yet: anything goes, a warning says that it is ignored."""


class Documentary:
    """Marks a key that we read past without a word."""


Silent = Annotated[object, Documentary()]
"""The type of a key that is documentation only, or has no meaning on any engine of ours."""


class Spec(BaseModel):
    """Base of every model. Keys are camelCase in YAML, snake_case here; a key whose value is null counts as not written."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        known = key_names(cls)
        items = cast("dict[str, object]", data).items()
        return {key: value for key, value in items if value is not None or key not in known}


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
