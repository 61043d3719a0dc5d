"""`load/<domain>/<table>.sl.yml` and `external/<domain>/<table>.sl.yml`: a table, its attributes, and what must hold of it."""

from typing import Annotated, Literal

from pydantic import Field

from sl_assets.spec.base import Ignored, Lower, Silent, Spec, Upper
from sl_assets.spec.metadata import MetadataSpec


class PositionSpec(Spec):
    """`position:` of an attribute in a fixed-width line, from 0, both ends included."""

    first: int
    last: int


class AttributeSpec(Spec):
    """One of `attributes:`."""

    name: str
    type: str = "string"
    array: bool = False
    required: bool = False
    privacy: str = "NONE"
    comment: str = ""
    rename: str | None = None
    metric_type: Silent = None
    attributes: tuple["AttributeSpec", ...] = ()
    position: PositionSpec | None = None
    default: str | None = None
    tags: tuple[str, ...] = ()
    trim: Annotated[Literal["NONE", "LEFT", "RIGHT", "BOTH"], Upper] = "NONE"
    script: str | None = None
    foreign_key: str | None = None
    ignore: bool = False
    access_policy: Ignored = None
    sample: Silent = None


class ExpectationSpec(Spec):
    """One of `expectations:`."""

    expect: str
    fail_on_error: bool = True


class PartitionsSpec(Spec):
    """`partitions:`, an extension of ours: a table or task that is built window by window."""

    grain: Annotated[str, Lower]
    start: str
    column: str
    end: str | None = None
    timezone: str | None = None
    file: str | None = None
    format: str | None = None
    empty: Annotated[Literal["keep", "fail"], Lower] = "keep"


class TableSpec(Spec):
    """`table:`. `pattern` may be left out where nothing is loaded (`external/`)."""

    name: str
    pattern: str | None = None
    attributes: tuple[AttributeSpec, ...] = ()
    metadata: MetadataSpec = Field(default_factory=MetadataSpec)
    comment: str = ""
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    partitions: PartitionsSpec | None = None
    sample: Silent = None
    pattern_sample: Silent = None
    presql: tuple[str, ...] = ()
    postsql: tuple[str, ...] = ()
    primary_key: tuple[str, ...] = ()
    expectations: tuple[ExpectationSpec, ...] = ()
    acl: Ignored = None
    rls: Ignored = None
    rename: str | None = None
    filter: str | None = None
    streams: Ignored = None


class TableFile(Spec):
    """A whole table file."""

    version: int | None = None
    table: TableSpec
