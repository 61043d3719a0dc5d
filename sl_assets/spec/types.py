"""`types/default.sl.yml` and `types/types.sl.yml`: rules on text and the primitives they become."""

from typing import Annotated, Literal

from pydantic import Field

from sl_assets.spec.base import DOCUMENTARY, Lower, Spec, StringMap, Version

PrimitiveChoice = Literal[
    "string", "variant", "long", "int", "integer", "short", "byte", "double", "decimal", "boolean", "date", "timestamp", "struct"
]


class TypeSpec(Spec):
    """One of `types:`."""

    name: str = Field(description="What attributes call it. A name of Starlake's own replaces that type.")
    pattern: str = Field(
        default=".*",
        description="What a value must look like: a Java regular expression; for dates and times a Java date pattern; "
        "for booleans `true-part<-TF->false-part`.",
    )
    primitive_type: Annotated[PrimitiveChoice, Lower] = Field(default="string", description="What a value becomes.")
    zone: str | None = Field(
        default=None, description="A decimal's `precision,scale`, a double's locale (`fr_FR`), or a timestamp's time zone."
    )
    sample: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="A value that the pattern matches.")
    comment: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="What the type is for.")
    ddl_mapping: StringMap = Field(
        default_factory=dict, description="Engine to column type; `duckdb` is the one that counts here."
    )


class TypesFile(Spec):
    """A whole types file."""

    version: Version = None
    types: tuple[TypeSpec, ...] = Field(default=(), description="The types.")
