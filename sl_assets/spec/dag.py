"""`dags/<name>.sl.yml`: options that tables and tasks take over through their dagRef."""

from typing import Annotated

from pydantic import Field

from sl_assets.spec.base import DOCUMENTARY, Spec, StringMap, Version


class DagSpec(Spec):
    """`dag:`. `template` and `filename` drive Starlake's code generator; there is none here."""

    comment: Annotated[str, DOCUMENTARY] = Field(default="", description="What the options are for.")
    template: Annotated[str | None, DOCUMENTARY] = Field(
        default=None, description="The template of Starlake's code generator; nothing is generated here."
    )
    filename: Annotated[str | None, DOCUMENTARY] = Field(
        default=None, description="What the generated files would be called; nothing is generated here."
    )
    options: StringMap = Field(default_factory=dict, description="The options, by name: see what makes things run.")


class DagFile(Spec):
    """A whole dag file."""

    version: Version = None
    dag: DagSpec = Field(default_factory=DagSpec, description="The options of one dagRef.")
