"""`metadata:` of a domain or table: how files are written down, where they land, how and when they are loaded."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from sl_assets.spec.base import (
    DOCUMENTARY,
    EXTENSION,
    UNSUPPORTED,
    Lower,
    Spec,
    StringMap,
    Unsupported,
    Upper,
)
from sl_assets.spec.retention import RetentionSpec

FormatChoice = Literal[
    "DSV",
    "POSITION",
    "FIXED",
    "JSON",
    "JSON_ARRAY",
    "JSON_FLAT",
    "XML",
    "TEXT_XML",
    "PARQUET",
    "KAFKA",
    "KAFKASTREAM",
    "GENERIC",
    "DATAFRAME",
]
StrategyName = Literal[
    "APPEND",
    "OVERWRITE",
    "OVERWRITE_BY_PARTITION",
    "UPSERT_BY_KEY",
    "UPSERT_BY_KEY_AND_TIMESTAMP",
    "DELETE_THEN_INSERT",
    "SCD2",
]
STRATEGIES: tuple[StrategyName, ...] = get_args(StrategyName)
LoaderChoice = Literal["spark", "native"]

_BIGQUERY = Unsupported("It is for BigQuery.")
_ENDING = Unsupported("Files of a task are named by its path and format.")
_ONE_FILE = Unsupported("Without partition, a task writes one file anyway.")


class WriteStrategySpec(Spec):
    """`writeStrategy:`. `type` is a built-in strategy, or the name of a template in `write-strategies/`."""

    type: Annotated[str, Upper] = Field(
        default="APPEND",
        examples=list(STRATEGIES),
        description="How rows meet the rows that are there: a built-in strategy, or a template of the project.",
    )
    types: StringMap = Field(
        default_factory=dict, description="Strategy to condition: of each file, the one strategy whose condition is true."
    )
    key: tuple[str, ...] = Field(default=(), description="The columns that tell rows apart, by their final names.")
    timestamp: str | None = Field(default=None, description="The column that tells which row is newer.")
    query_filter: Annotated[str | None, Unsupported("It saves BigQuery from reading partitions; DuckDB needs no help.")] = Field(
        default=None, description="Which partitions of the target can hold rows to be replaced."
    )
    on: Annotated[Literal["TARGET", "SOURCE_AND_TARGET"], Upper] = Field(
        default="TARGET", description="Where keys are made unique: among the rows that are there, or in the input as well."
    )
    start_ts: str | None = Field(
        default=None, description="SCD2's column for when a version began; `scd2StartTimestamp` without it."
    )
    end_ts: str | None = Field(default=None, description="SCD2's column for when a version ended; `scd2EndTimestamp` without it.")


class SinkSpec(Spec):
    """`sink:`."""

    connection_ref: str | None = Field(default=None, description="The connection that rows are written to.")
    partition: tuple[str, ...] = Field(
        default=(), description="Columns whose values make a partition, which OVERWRITE_BY_PARTITION replaces as a whole."
    )
    materialized_view: Annotated[Literal["TABLE", "VIEW", "MATERIALIZED_VIEW", "HYBRID"], Upper] = Field(
        default="TABLE", description="What a task makes. MATERIALIZED_VIEW and HYBRID are refused."
    )
    clustering: Annotated[tuple[str, ...], Unsupported("DuckDB tables are not clustered.")] = Field(
        default=(), description="Columns by which rows are kept together."
    )
    sharding: Annotated[tuple[str, ...], _BIGQUERY] = Field(default=(), description="Columns whose values end the table's name.")
    days: Annotated[int | None, _BIGQUERY] = Field(default=None, description="After how many days the table is deleted.")
    require_partition_filter: Annotated[bool, _BIGQUERY] = Field(
        default=False, description="Whether queries must say which partitions they read."
    )
    enable_refresh: Annotated[bool, _BIGQUERY] = Field(default=False, description="Whether a materialized view refreshes itself.")
    refresh_interval_ms: Annotated[int | None, _BIGQUERY] = Field(
        default=None, description="How often a materialized view refreshes itself, in milliseconds."
    )
    id: Annotated[str | None, Unsupported("It is for Elasticsearch.")] = Field(
        default=None, description="The attribute that is a document's identity."
    )
    format: Annotated[str | None, Upper] = Field(
        default=None, description="Of a task: the format of the files that it writes in the place of a table."
    )
    extension: Annotated[str | None, _ENDING] = Field(default=None, description="How the files' names end.")
    coalesce: Annotated[bool, _ONE_FILE] = Field(default=False, description="Whether everything goes into one file.")
    path: str | None = Field(default=None, description="The file, or the folder of the files; relative to the datasets.")
    outside: Annotated[bool, EXTENSION] = Field(default=False, description="Whether `path` may lead outside the project.")
    options: Annotated[StringMap, UNSUPPORTED] = Field(default_factory=dict, description="Options of Spark's writer.")


class FreshnessSpec(Spec):
    """`freshness:`; durations as text, such as `2 days`."""

    warn: str | None = Field(default=None, description="The age from which data is told to be late.")
    error: str | None = Field(default=None, description="The age from which data is too old.")


class MetadataSpec(Spec):
    """`metadata:`. Whatever is not written is inherited: table <- domain <- application."""

    format: Annotated[FormatChoice, Upper] = Field(
        default="DSV", description="How files are written down. FIXED is POSITION, JSON_ARRAY is JSON; see the file formats."
    )
    encoding: str = Field(default="UTF-8", description="The character set of the files, by the name Java or Python has for it.")
    multiline: bool = Field(default=False, description="Whether a record may span lines.")
    array: bool = Field(default=False, description="Whether a JSON file is one array of records.")
    with_header: bool = Field(default=True, description="Whether the first line of a file names its columns.")
    separator: str = Field(default=";", description="What stands between two fields of DSV.")
    quote: str = Field(default='"', description="What stands around a field of DSV that has the separator in it.")
    escape: str = Field(default="\\", description="What stands before a quote inside a quoted field of DSV.")
    null_value: str | None = Field(default=None, description="A text that means: no value.")
    empty_is_null: bool = Field(
        default=True, description="Whether empty text means: no value. Without it the application's `emptyIsNull` counts."
    )
    fill_with_default_value: Annotated[bool, UNSUPPORTED] = Field(
        default=False, description="Whether missing columns get the default of their type."
    )
    directory: str | None = Field(default=None, description="The folder in which files arrive.")
    ack: str | None = Field(
        default=None, description="The extension of the file whose arrival says that another one is complete."
    )
    quiet_period: Annotated[str | None, EXTENSION] = Field(
        default=None, description="For how long a file must have been left alone before it is taken, such as `30 seconds`."
    )
    run_on_arrival: Annotated[bool | None, EXTENSION] = Field(
        default=None, description="Whether files are loaded when they arrive; by default where there is no schedule."
    )
    options: StringMap = Field(default_factory=dict, description="Options of the format's reader.")
    loader: Annotated[LoaderChoice | None, Lower] = Field(
        default=None, description="`native`: one bad cell fails its file, as with the loaders of Starlake's engines."
    )
    sink: SinkSpec = Field(default_factory=SinkSpec, description="Where and as what rows are written.")
    write_strategy: WriteStrategySpec = Field(
        default_factory=WriteStrategySpec, description="How new rows meet the rows that are there."
    )
    reject_all_on_error: Annotated[bool, EXTENSION] = Field(
        default=False, description="Whether one rejected record fails its file. Without it the application's counts."
    )
    reject_max_records: Annotated[int | None, EXTENSION] = Field(
        default=None, ge=0, description="How many records of a file may be rejected before it fails as a whole."
    )
    reject_max_rate: Annotated[float | None, EXTENSION] = Field(
        default=None, ge=0, le=1, description="Which share of a file's records may be rejected before it fails as a whole."
    )
    on_changed_file: Annotated[Literal["load", "ignore", "refuse"], Lower, EXTENSION] = Field(
        default="load", description="What becomes of a file that comes again under its name with other content."
    )
    schedule: str | None = Field(default=None, description="When it is loaded: a cron of five fields, or the name of a preset.")
    dag_ref: str | None = Field(default=None, description="The file of `dags/` whose options apply.")
    freshness: FreshnessSpec | None = Field(default=None, description="How old the data may get.")
    retention: Annotated[RetentionSpec | None, EXTENSION] = Field(default=None, description="For how long things are kept.")
    extensions: Annotated[tuple[str, ...], DOCUMENTARY] = Field(
        default=(), description="Extensions of files; Starlake has ignored them since 0.8."
    )
    mode: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="FILE or STREAM; Starlake ignores it.")
