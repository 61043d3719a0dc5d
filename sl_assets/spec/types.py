"""`types/default.sl.yml` and `types/types.sl.yml`: rules on text and the primitives they become."""

from typing import Annotated, Literal

from pydantic import Field

from sl_assets.spec.base import Lower, Silent, Spec, StringMap

PrimitiveChoice = Literal[
    "string", "variant", "long", "int", "integer", "short", "byte", "double", "decimal", "boolean", "date", "timestamp", "struct"
]


class TypeSpec(Spec):
    """One of `types:`."""

    name: str
    pattern: str = ".*"
    primitive_type: Annotated[PrimitiveChoice, Lower] = "string"
    zone: str | None = None
    sample: Silent = None
    comment: Silent = None
    ddl_mapping: StringMap = Field(default_factory=dict)


class TypesFile(Spec):
    """A whole types file."""

    version: int | None = None
    types: tuple[TypeSpec, ...] = ()
