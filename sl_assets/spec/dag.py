"""`dags/<name>.sl.yml`: options that tables and tasks take over through their dagRef."""

from pydantic import Field

from sl_assets.spec.base import Silent, Spec, StringMap


class DagSpec(Spec):
    """`dag:`. `template` and `filename` drive Starlake's code generator; there is none here."""

    comment: str = ""
    template: Silent = None
    filename: Silent = None
    options: StringMap = Field(default_factory=dict)


class DagFile(Spec):
    """A whole dag file."""

    version: int | None = None
    dag: DagSpec = Field(default_factory=DagSpec)
