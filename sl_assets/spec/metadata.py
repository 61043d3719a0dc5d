"""`metadata:` of a domain or table: how files are written down, where they land, how and when they are loaded."""

from typing import Annotated, Literal

from pydantic import Field

from sl_assets.spec.base import Ignored, Lower, Silent, Spec, StringMap, Upper
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


class WriteStrategySpec(Spec):
    """`writeStrategy:`. `type` is a built-in strategy, or the name of a template in `write-strategies/`."""

    type: Annotated[str, Upper] = "APPEND"
    types: StringMap = Field(default_factory=dict)
    key: tuple[str, ...] = ()
    timestamp: str | None = None
    query_filter: Ignored = None
    on: Annotated[Literal["TARGET", "SOURCE_AND_TARGET"], Upper] = "TARGET"
    start_ts: str | None = None
    end_ts: str | None = None


class SinkSpec(Spec):
    """`sink:`."""

    connection_ref: str | None = None
    partition: tuple[str, ...] = ()
    materialized_view: Annotated[Literal["TABLE", "VIEW", "MATERIALIZED_VIEW", "HYBRID"], Upper] = "TABLE"
    clustering: Ignored = None
    sharding: Ignored = None
    days: Ignored = None
    require_partition_filter: Ignored = None
    enable_refresh: Ignored = None
    refresh_interval_ms: Ignored = None
    id: Ignored = None
    format: Ignored = None
    extension: Ignored = None
    coalesce: Ignored = None
    path: Ignored = None
    options: Ignored = None


class FreshnessSpec(Spec):
    """`freshness:`; durations as text, such as `2 days`."""

    warn: str | None = None
    error: str | None = None


class MetadataSpec(Spec):
    """`metadata:`. Whatever is not written is inherited: table <- domain <- application."""

    format: Annotated[FormatChoice, Upper] = "DSV"
    encoding: str = "UTF-8"
    multiline: bool = False
    array: bool = False
    with_header: bool = True
    separator: str = ";"
    quote: str = '"'
    escape: str = "\\"
    null_value: str | None = None
    empty_is_null: bool = True
    fill_with_default_value: Ignored = None
    directory: str | None = None
    ack: str | None = None
    quiet_period: str | None = None
    run_on_arrival: bool | None = None
    options: StringMap = Field(default_factory=dict)
    loader: Annotated[Literal["spark", "native"] | None, Lower] = None
    sink: SinkSpec = Field(default_factory=SinkSpec)
    write_strategy: WriteStrategySpec = Field(default_factory=WriteStrategySpec)
    reject_all_on_error: bool = False
    reject_max_records: int | None = Field(default=None, ge=0)
    reject_max_rate: float | None = Field(default=None, ge=0, le=1)
    on_changed_file: Annotated[Literal["load", "ignore", "refuse"], Lower] = "load"
    schedule: str | None = None
    dag_ref: str | None = None
    freshness: FreshnessSpec | None = None
    retention: RetentionSpec | None = None
    extensions: Silent = None
    mode: Silent = None
