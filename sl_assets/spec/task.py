"""`transform/<domain>/<task>.sl.yml` and its `_config.sl.yml`: transforms and their defaults."""

from pydantic import Field

from sl_assets.spec.base import Ignored, Spec
from sl_assets.spec.metadata import FreshnessSpec, SinkSpec, WriteStrategySpec
from sl_assets.spec.table import AttributeSpec, ExpectationSpec, PartitionsSpec


class TaskSpec(Spec):
    """`task:`. Nothing is required: a SQL file alone is a task with all defaults."""

    name: str | None = None
    domain: str | None = None
    table: str | None = None
    database: Ignored = None
    sql: str | None = None
    write_strategy: WriteStrategySpec = Field(default_factory=WriteStrategySpec)
    presql: tuple[str, ...] = ()
    postsql: tuple[str, ...] = ()
    sink: SinkSpec = Field(default_factory=SinkSpec)
    connection_ref: str | None = None
    attributes: tuple[AttributeSpec, ...] = ()
    expectations: tuple[ExpectationSpec, ...] = ()
    acl: Ignored = None
    rls: Ignored = None
    comment: str = ""
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    freshness: FreshnessSpec | None = None
    partitions: PartitionsSpec | None = None
    schedule: str | None = None
    dag_ref: str | None = None
    parse_sql: Ignored = Field(default=None, alias="parseSQL")
    python: str | None = None
    primary_key: tuple[str, ...] = ()
    sync_strategy: Ignored = None
    task_timeout_ms: Ignored = None
    streams: Ignored = None
    dataset_triggering_strategy: str | None = Field(default=None, alias="dataset_triggering_strategy")


class TaskFile(Spec):
    """A whole task file."""

    version: int | None = None
    task: TaskSpec = Field(default_factory=TaskSpec)


class TransformSpec(Spec):
    """`transform:`: defaults of a folder's tasks, and tasks written here."""

    name: str | None = None
    comment: str = ""
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    default: TaskSpec = Field(default_factory=TaskSpec)
    tasks: tuple[TaskSpec, ...] = ()


class TransformFile(Spec):
    """A whole `_config.sl.yml` of `transform/`."""

    version: int | None = None
    transform: TransformSpec = Field(default_factory=TransformSpec)
