"""`transform/<domain>/<task>.sl.yml` and its `_config.sl.yml`: transforms and their defaults."""

from typing import Annotated, Literal

from pydantic import Field

from sl_assets.spec.access import Acl, Rls, Streams
from sl_assets.spec.base import EXTENSION, Spec, Unsupported, Upper, Version
from sl_assets.spec.domain import ONE_DATABASE
from sl_assets.spec.metadata import FreshnessSpec, SinkSpec, WriteStrategySpec
from sl_assets.spec.table import AttributeSpec, ExpectationSpec, PartitionsSpec

_NO_LIMIT = Unsupported("A run in Dagster can be limited by the tag dagster/max_runtime.")


FileFormat = Annotated[Literal["CSV", "JSON", "JSON_LINES", "JSONL", "NDJSON", "PARQUET"], Upper]
"""Of files that a task reads or writes itself; four of the words mean the same: a JSON object in each line."""


class SourceSpec(Spec):
    """An item of `sources`: files, or a table, that steps name as `{sources.<name>}`."""

    name: str = Field(description="The name by which steps mean it; the first source is `{df}` to the first step.")
    path: str | None = Field(default=None, description="A file, a folder, or a pattern with `*`; relative to the project.")
    format: FileFormat | None = Field(default=None, description="The format of the files; else their names tell it.")
    table: str | None = Field(default=None, description="A table, in the place of files: `domain.table`.")
    options: dict[str, object] = Field(default_factory=dict, description="Options of the reader, by DuckDB's names.")
    outside: bool = Field(default=False, description="Whether `path` may lead outside the project and its areas.")


class StepSpec(Spec):
    """An item of `steps`: SQL, a method of Polars, or a function of the project's own; exactly one of the three."""

    sql: str | None = Field(default=None, description="A SELECT; `{df}` is the result before.")
    method: str | None = Field(default=None, description="A method of `polars.LazyFrame`, on the result before.")
    function: str | None = Field(default=None, description="`module:name`, a function of `functions/` or of a package.")
    args: tuple[object, ...] = Field(default=(), description="What the method or function is given, in order.")
    kwargs: dict[str, object] = Field(default_factory=dict, description="What it is given by name.")


class FileSinkSpec(Spec):
    """An item of `sinks`: files that the task's table is written to as well."""

    path: str | None = Field(default=None, description="The file, or with `partition` the folder; relative to the datasets.")
    format: FileFormat | None = Field(default=None, description="The format of the files; else the path tells it.")
    partition: tuple[str, ...] = Field(default=(), description="Columns by whose values the rows are put into folders.")
    outside: bool = Field(default=False, description="Whether `path` may lead outside the project and its areas.")


class IncrementalSpec(Spec):
    """An item of `incremental`: what a task reads only the new part of."""

    table: str | None = Field(default=None, description="A table that it reads.")
    column: str | None = Field(default=None, description="A column of that table that only grows.")
    source: str | None = Field(default=None, description="In the place of a table: a source of files.")


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
    parse_sql: bool = Field(
        default=True, alias="parseSQL", description="Whether its SQL is a SELECT, and not statements to be run as they are."
    )
    dependencies: Annotated[tuple[str, ...], EXTENSION] = Field(
        default=(), description="Tables that it reads, beside those that its SQL, steps or function name."
    )
    parameters: Annotated[dict[str, object], EXTENSION] = Field(
        default_factory=dict, description="Values that presql, postsql and SQL that is not parsed name as `$name`."
    )
    python: str | None = Field(default=None, description="The file of its function, where that has another name than the task.")
    sources: Annotated[tuple[SourceSpec, ...], EXTENSION] = Field(
        default=(), description="Files and tables that its SQL or steps name."
    )
    steps: Annotated[tuple[StepSpec, ...], EXTENSION] = Field(
        default=(), description="In the place of SQL: SQL, methods of Polars and functions, one after the other."
    )
    sinks: Annotated[tuple[FileSinkSpec, ...], EXTENSION] = Field(
        default=(), description="Files that its table is written to as well."
    )
    incremental: Annotated[tuple[IncrementalSpec, ...], EXTENSION] = Field(
        default=(), description="What it reads only the new part of, each time it runs."
    )
    primary_key: tuple[str, ...] = Field(default=(), description="The columns that tell rows apart; documentation.")
    sync_strategy: Annotated[Literal["NONE", "ADD", "ALL"], Upper] = Field(
        default="ADD", description="Whether the table gets columns that are new, and loses those that are gone."
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
