"""`load/<domain>/<table>.sl.yml` and `external/<domain>/<table>.sl.yml`: a table, its attributes, and what must hold of it."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from sl_assets.spec.access import Acl, Rls, Streams
from sl_assets.spec.base import DOCUMENTARY, EXTENSION, Lower, Spec, Unsupported, Upper, Version
from sl_assets.spec.metadata import MetadataSpec
from sl_assets.spec.types import PrimitiveChoice


class PositionSpec(Spec):
    """`position:` of an attribute in a fixed-width line, from 0, both ends included."""

    first: int = Field(description="The first character, counted from 0.")
    last: int = Field(description="The last character, which belongs to the field.")


class AttributeSpec(Spec):
    """One of `attributes:`."""

    name: str = Field(description="The column, field or element in the file.")
    type: str = Field(
        default="string",
        examples=list(get_args(PrimitiveChoice)),
        description="A type: Starlake's own, one of `types/`, `struct` or `variant`.",
    )
    array: bool = Field(default=False, description="Whether it holds a list of values.")
    required: bool = Field(default=False, description="Whether a record without a value is rejected.")
    privacy: str = Field(default="NONE", description="How values are made private; see private values.")
    comment: str = Field(default="", description="What it is; the column's description.")
    rename: str | None = Field(default=None, description="What the column is called, where it is not the name in the file.")
    metric_type: Annotated[Literal["NONE", "DISCRETE", "CONTINUOUS", "TEXT"] | None, Upper, DOCUMENTARY] = Field(
        default=None, description="Which metrics Starlake would compute."
    )
    attributes: tuple["AttributeSpec", ...] = Field(default=(), description="The fields of a struct.")
    position: PositionSpec | None = Field(default=None, description="Where it stands in a line of POSITION.")
    default: str | None = Field(default=None, description="The value where there is none.")
    tags: tuple[str, ...] = Field(default=(), description="Tags of the column.")
    trim: Annotated[Literal["NONE", "LEFT", "RIGHT", "BOTH"], Upper] = Field(
        default="NONE", description="On which side spaces are removed before anything else."
    )
    script: str | None = Field(default=None, description="A SQL expression over the other columns that computes this one.")
    foreign_key: str | None = Field(
        default=None, description="The column it points to: `table`, `table.column` or `domain.table.column`; documentation."
    )
    ignore: bool = Field(default=False, description="Whether it is checked, usable in scripts, and then left out of the table.")
    access_policy: Annotated[str | None, Unsupported("It is for BigQuery.")] = Field(
        default=None, description="The policy tag that says who may see the column."
    )
    sample: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="An example of a value.")


class ToleranceSpec(Spec):
    """`tolerance:` of a row expectation: with no more rows than that it holds, and removes none."""

    count: int | None = Field(default=None, description="How many rows may break it.")
    rate: float | None = Field(default=None, description="Which share of the rows may break it: 0.01 is one percent.")


class ExpectationSpec(Spec):
    """One of `expectations:`: a macro asked of the table that was written, or (an extension of ours) a rule for incoming rows."""

    expect: str | None = Field(
        default=None, description="A call of a macro of the library or of `expectations/`, which must come to 0."
    )
    fail_on_error: bool = Field(default=True, description="Whether what follows is held back when it does not hold.")
    name: str | None = Field(default=None, description="What a row expectation is called; quarantined rows carry it.")
    row: str | None = Field(default=None, description="A SQL condition that must be true of each incoming row.")
    aggregate: str | None = Field(default=None, description="A SQL condition over all incoming rows, such as count(*) > 0.")
    action: Annotated[Literal["warn", "drop", "quarantine", "fail"], Lower] = Field(
        default="warn", description="What becomes of rows that break it: kept, left out, put aside; or nothing is written."
    )
    tolerance: ToleranceSpec | None = Field(default=None, description="How many rows may break it before it counts.")
    nulls: Annotated[Literal["fail", "pass"], Lower] = Field(default="fail", description="What a result of NULL counts as.")
    empty: Annotated[Literal["fail", "pass"], Lower] | None = Field(
        default=None, description="What holds where there is no row; otherwise what the SQL says of none."
    )


class PartitionsSpec(Spec):
    """`partitions:`, an extension of ours: a table or task that is built window by window."""

    grain: Annotated[str, Lower] = Field(
        description="hourly, daily, weekly, monthly, or a cron each tick of which begins a window."
    )
    start: str = Field(description="A moment in the first window.")
    column: str = Field(description="The column that tells the window of a row.")
    end: str | None = Field(default=None, description="Where the last window ends; without it there is always the current one.")
    timezone: str | None = Field(default=None, description="The time zone of the windows; else the application's.")
    file: str | None = Field(
        default=None, description="A regular expression on the file name whose group `partition` tells the window of a file."
    )
    format: str | None = Field(default=None, description="The Java date pattern of that group.")
    empty: Annotated[Literal["keep", "fail"], Lower] = Field(
        default="keep", description="What becomes of a window without files: a partition with no rows, or a failure."
    )


class TableSpec(Spec):
    """`table:`. `pattern` may be left out where nothing is loaded (`external/`)."""

    name: str = Field(default="", description="The table's name; that of its file without it.")
    pattern: str | None = Field(
        default=None, description="A Java regular expression that the whole name of a file of this table matches."
    )
    attributes: tuple[AttributeSpec, ...] = Field(default=(), description="The fields of its files and the columns they become.")
    metadata: MetadataSpec = Field(default_factory=MetadataSpec, description="How its files are written down and loaded.")
    comment: str = Field(default="", description="What the table is.")
    tags: tuple[str, ...] = Field(default=(), description="Tags of the asset.")
    owners: Annotated[tuple[str, ...], EXTENSION] = Field(
        default=(), description="Owners of the asset: `team:sales` or an e-mail address; else the domain's."
    )
    partitions: Annotated[PartitionsSpec | None, EXTENSION] = Field(
        default=None, description="That the table is built window by window."
    )
    sample: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="A few records as an example.")
    pattern_sample: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="A file name that the pattern matches.")
    presql: tuple[str, ...] = Field(default=(), description="SQL before the rows are written, in the same transaction.")
    postsql: tuple[str, ...] = Field(default=(), description="SQL after the rows are written, in the same transaction.")
    primary_key: tuple[str, ...] = Field(default=(), description="The columns that tell rows apart; documentation.")
    expectations: tuple[ExpectationSpec, ...] = Field(default=(), description="What must hold of the table.")
    acl: Acl = Field(default=(), description="Who may see the table.")
    rls: Rls = Field(default=(), description="Who may see which rows.")
    rename: str | None = Field(default=None, description="What the table is called in the warehouse, where it is another name.")
    filter: str | None = Field(default=None, description="A SQL condition; accepted rows that do not meet it are left out.")
    streams: Streams = Field(default=(), description="Streams on the table.")


class TableFile(Spec):
    """A whole table file: one table, or several."""

    version: Version = None
    table: TableSpec | None = Field(default=None, description="The table.")
    tables: tuple[TableSpec, ...] = Field(default=(), description="Several tables in one file.")
