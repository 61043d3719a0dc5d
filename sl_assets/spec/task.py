"""`transform/<domain>/<task>.sl.yml` and its `_config.sl.yml`: transforms and their defaults."""

from typing import Annotated, Literal

from pydantic import Field

from sl_assets.spec.access import Acl, Rls, Streams
from sl_assets.spec.base import EXTENSION, Spec, Unsupported, Upper, Version
from sl_assets.spec.domain import ONE_DATABASE
from sl_assets.spec.metadata import FreshnessSpec, SinkSpec, WriteStrategySpec
from sl_assets.spec.table import AttributeSpec, ExpectationSpec, PartitionsSpec

_PARSED = Unsupported("SQL is always parsed, and its rows are written by the write strategy.")
_SYNC = Unsupported("New columns are added, none is dropped.")
_NO_LIMIT = Unsupported("A run in Dagster can be limited by the tag dagster/max_runtime.")


class TaskSpec(Spec):
    """`task:`. Nothing is required: a SQL file alone is a task with all defaults."""

    name: str | None = Field(default=None, description="The task's name; of a task in a file of its own, the file's counts.")
    domain: str | None = Field(default=None, description="The domain it writes to; else the folder's.")
    table: str | None = Field(default=None, description="The table it writes to; else the task's name.")
    database: Annotated[str | None, ONE_DATABASE] = Field(default=None, description="The catalog or project it writes to.")
    sql: str | None = Field(default=None, description="Its SELECT, where that is not in a file beside it.")
    write_strategy: WriteStrategySpec = Field(
        default_factory=WriteStrategySpec, description="How its rows meet the rows that are there."
    )
    presql: tuple[str, ...] = Field(default=(), description="SQL before the rows are written, in the same transaction.")
    postsql: tuple[str, ...] = Field(default=(), description="SQL after the rows are written, in the same transaction.")
    sink: SinkSpec = Field(default_factory=SinkSpec, description="Where and as what rows are written.")
    partition: Annotated[tuple[str, ...], Unsupported("Write it under sink.")] = Field(
        default=(), description="Columns whose values make a partition."
    )
    connection_ref: str | None = Field(default=None, description="The connection whose SQL dialect the task is written in.")
    attributes: tuple[AttributeSpec, ...] = Field(default=(), description="Its columns; documentation.")
    expectations: tuple[ExpectationSpec, ...] = Field(default=(), description="What must hold of its table.")
    acl: Acl = Field(default=(), description="Who may see its table.")
    rls: Rls = Field(default=(), description="Who may see which rows.")
    comment: str = Field(default="", description="What its table is.")
    tags: tuple[str, ...] = Field(default=(), description="Tags of the asset.")
    owners: Annotated[tuple[str, ...], EXTENSION] = Field(default=(), description="Owners of the asset; else the folder's.")
    freshness: FreshnessSpec | None = Field(default=None, description="How old its data may get.")
    partitions: Annotated[PartitionsSpec | None, EXTENSION] = Field(
        default=None, description="That its table is built window by window."
    )
    schedule: str | None = Field(
        default=None, description="When it runs: a cron of five fields, or the name of a preset; else when its inputs change."
    )
    dag_ref: str | None = Field(default=None, description="The file of `dags/` whose options apply.")
    parse_sql: Annotated[bool, _PARSED] = Field(
        default=True, alias="parseSQL", description="Whether its SQL is a SELECT, and not statements to be run as they are."
    )
    python: str | None = Field(default=None, description="A script that makes its rows. Refused.")
    primary_key: tuple[str, ...] = Field(default=(), description="The columns that tell rows apart; documentation.")
    sync_strategy: Annotated[Literal["NONE", "ADD", "ALL"], Upper, _SYNC] = Field(
        default="ADD", description="Which columns of its table follow the YAML."
    )
    task_timeout_ms: Annotated[int | None, _NO_LIMIT] = Field(
        default=None, description="After how many milliseconds the task is given up."
    )
    streams: Streams = Field(default=(), description="Streams on its table.")
    dataset_triggering_strategy: str | None = Field(
        default=None,
        alias="dataset_triggering_strategy",
        description="Which of its inputs must be new before it runs: `any`, `all`, or tables combined by `&` and `|`.",
    )


class TaskFile(Spec):
    """A whole task file."""

    version: Version = None
    task: TaskSpec = Field(default_factory=TaskSpec, description="The task.")


class TransformSpec(Spec):
    """`transform:`: defaults of a folder's tasks, and tasks written here."""

    name: str | None = Field(default=None, description="The domain; else the folder's name.")
    comment: str = Field(default="", description="What the domain is.")
    tags: tuple[str, ...] = Field(default=(), description="Tags of all its tasks.")
    owners: Annotated[tuple[str, ...], EXTENSION] = Field(default=(), description="Owners of its tasks.")
    default: TaskSpec = Field(default_factory=TaskSpec, description="What its tasks have in common.")
    tasks: tuple[TaskSpec, ...] = Field(default=(), description="Tasks that are written here, not in files of their own.")


class TransformFile(Spec):
    """A whole `_config.sl.yml` of `transform/`."""

    version: Version = None
    transform: TransformSpec = Field(default_factory=TransformSpec, description="The folder.")
