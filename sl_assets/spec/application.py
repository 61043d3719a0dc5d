"""`application.sl.yml`: connections and the project's settings."""

from typing import Annotated

from pydantic import Field

from sl_assets.spec.base import (
    DOCUMENTARY,
    EXTENSION,
    UNSUPPORTED,
    Lower,
    Secret,
    Spec,
    StringMap,
    Unsupported,
    Version,
)
from sl_assets.spec.metadata import LoaderChoice, SinkSpec
from sl_assets.spec.refs import RefSpec
from sl_assets.spec.retention import ProjectRetentionSpec
from sl_assets.spec.settings import NeverUsed

_NO_AREA = Unsupported("Starlake has no such area any more.")
_AUDIT = Unsupported("The audit tables are in the database of the data, so that both are written in one transaction.")
_OWN_LOCK = Unsupported("The lock is beside the DuckDB file.")
_ONE_SCHEMA = Unsupported("All audit tables are in the schema audit.domain.")


class ConnectionSpec(Spec):
    """One of `connections:`."""

    type: str = Field(
        default="JDBC", description="JDBC, BIGQUERY, SNOWFLAKE, SPARK, ...; of JDBC, `options.url` tells the engine."
    )
    options: StringMap = Field(default_factory=dict, description="`url`, `user`, `password`, and whatever else the engine wants.")
    spark_format: Annotated[str | None, DOCUMENTARY] = Field(
        default=None, description="The format for Spark; there is none here."
    )
    loader: Annotated[LoaderChoice | None, Lower] = Field(
        default=None, description="Spark or the engine itself; both are the same."
    )
    quote: Annotated[str | None, UNSUPPORTED] = Field(default=None, description="What stands around a name in SQL.")
    separator: Annotated[str | None, UNSUPPORTED] = Field(default=None, description="What stands between database and domain.")
    transpile_dialect: str | None = Field(
        default=None, alias="_transpileDialect", description="The dialect SQL is written in, where it is not the engine's own."
    )


class DagRefSpec(Spec):
    """`dagRef:`, the defaults of loads and of transforms."""

    load: str | None = Field(default=None, description="The file of `dags/` for tables that name none.")
    transform: str | None = Field(default=None, description="The file of `dags/` for tasks that name none.")


class LockSpec(Spec):
    """`lock:`; `timeout` in milliseconds, -1 for ever."""

    timeout: int | None = Field(default=None, description="For how many milliseconds a run waits for another one; -1: for ever.")
    path: Annotated[str | None, _OWN_LOCK] = Field(default=None, description="The folder of lock files.")
    poll_time: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="How often Starlake looks at a lock.")
    refresh_time: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="How often Starlake touches its lock.")


class ExpectationsSpec(Spec):
    """`expectations:`, the switches."""

    active: bool = Field(default=True, description="Whether expectations are evaluated.")
    fail_on_error: bool = Field(
        default=False, description="Whether one that fails stops what follows, where it does not say itself."
    )
    path: Annotated[str | None, _AUDIT] = Field(default=None, description="The folder for results.")


class AuditSpec(Spec):
    """`audit:`."""

    active: Annotated[bool, Unsupported("What was loaded is always recorded: files are known by it.")] = Field(
        default=True, description="Whether runs are recorded."
    )
    max_errors: int | None = Field(
        default=None, ge=0, description="How many rejected records of a load are kept; without it, all. Counts are always exact."
    )
    detailed_load_audit: Annotated[bool, DOCUMENTARY] = Field(
        default=False, description="One row per file; there always is one here."
    )
    domain: str | None = Field(default=None, description="The schema of the audit tables; `audit` without it.")
    domain_expectation: Annotated[str | None, _ONE_SCHEMA] = Field(
        default=None, description="The schema for results of expectations."
    )
    domain_rejected: Annotated[str | None, _ONE_SCHEMA] = Field(default=None, description="The schema for rejected records.")
    database: Annotated[str | None, _AUDIT] = Field(default=None, description="The catalog or project of the audit tables.")
    path: Annotated[str | None, _AUDIT] = Field(default=None, description="The folder for audit files.")
    sink: Annotated[SinkSpec | None, _AUDIT] = Field(default=None, description="Where the audit tables are.")
    sql: Annotated[str | None, _AUDIT] = Field(default=None, description="A query that makes the audit rows.")


class UnpackSpec(Spec):
    """`unpack:`, our extension: how much may come out of one packed or compressed file."""

    max_size: str | None = Field(default=None, description="How many bytes, such as `100 GB`.")
    max_ratio: int = Field(default=1000, ge=1, description="How many times its own size.")
    max_entries: int = Field(default=100_000, ge=1, description="How many files.")


class PrivacySpec(Spec):
    """`privacy:`; `options` maps a name to the class (or Python function) behind it, `key` is the secret of keyed hashes."""

    options: StringMap = Field(default_factory=dict, description="Name of a level to what it does; see private values.")
    key: Annotated[Secret | None, EXTENSION] = Field(default=None, description="The secret of keyed hashes; name a variable.")


class AreaSpec(Spec):
    """`area:`, folders under other names: absolute, or relative to the datasets; `SL_AREA_*` does the same."""

    incoming: str | None = Field(default=None, description="Where files arrive that autoload takes.")
    stage: str | None = Field(default=None, description="Files that wait to be loaded.")
    pending: str | None = Field(default=None, description="An older name of stage.")
    unresolved: str | None = Field(default=None, description="Files that no table claimed.")
    ingesting: str | None = Field(default=None, description="Files of a running load.")
    archive: str | None = Field(default=None, description="Files that were loaded.")
    replay: str | None = Field(default=None, description="Rejected records.")
    accepted: Annotated[str | None, _NO_AREA] = Field(default=None, description="Accepted records.")
    rejected: Annotated[str | None, _NO_AREA] = Field(default=None, description="Rejected records.")
    business: Annotated[str | None, _NO_AREA] = Field(default=None, description="Results of transforms.")
    hive_database: Annotated[str | None, UNSUPPORTED] = Field(default=None, description="Hive's database of an area.")


class ApplicationSpec(NeverUsed):
    """`application:`."""

    name: Annotated[str | None, EXTENSION] = Field(default=None, description="The project's name; else that of its folder.")
    env: str | None = Field(
        default=None, description="The environment, where neither the variable SL_ENV nor `env.sl.yml` says it; no template."
    )
    connection_ref: str | None = Field(default=None, description="The connection of loads and transforms that name none.")
    load_connection_ref: str | None = Field(default=None, description="The same, for loads.")
    transform_connection_ref: str | None = Field(default=None, description="The same, for transforms.")
    connections: dict[str, ConnectionSpec] = Field(default_factory=dict, description="The connections, by name.")
    duckdb_mode: bool = Field(
        default=False, description="Whether everything runs in one DuckDB file, whatever the connections say (`SL_DUCKDB_MODE`)."
    )
    duckdb_path: str | None = Field(
        default=None, description="The file of `duckdbMode`; `datasets/duckdb.db` without it (`SL_DUCKDB_PATH`)."
    )
    loader: Annotated[LoaderChoice | None, Lower] = Field(
        default=None, description="`native`: one bad cell fails its file, as with the loaders of Starlake's engines."
    )
    empty_is_null: bool = Field(default=True, description="Whether empty text means: no value.")
    area: AreaSpec | None = Field(default=None, description="Folders of files under other names (`SL_AREA_*`).")
    archive: bool = Field(default=True, description="Whether loaded files are kept in the archive; else they are deleted.")
    reject_all_on_error: bool = Field(default=False, description="Whether one rejected record fails its file.")
    reject_max_records: int | None = Field(
        default=None, ge=0, description="How many records of a file may be rejected before it fails as a whole."
    )
    reject_max_rate: Annotated[float | None, EXTENSION] = Field(
        default=None, ge=0, le=1, description="Which share of a file's records may be rejected before it fails as a whole."
    )
    reject_with_value: bool = Field(default=False, description="Whether messages show the value that was refused.")
    sink_replay_to_file: bool = Field(default=False, description="Whether rejected records are written to the replay area, too.")
    timezone: str = Field(default="UTC", description="The time zone of schedules, partitions and days.")
    lock: LockSpec = Field(default_factory=LockSpec, description="How runs wait for each other.")
    schedule_presets: StringMap = Field(
        default_factory=dict, description="Name to cron, beside hourly, daily, weekly, monthly, yearly."
    )
    dag_ref: DagRefSpec = Field(default_factory=DagRefSpec, description="The files of `dags/` that count by default.")
    refs: tuple[RefSpec, ...] = Field(default=(), description="Which tables names in SQL mean, after those of `refs.sl.yml`.")
    expectations: ExpectationsSpec = Field(default_factory=ExpectationsSpec, description="The switches of expectations.")
    audit: AuditSpec = Field(default_factory=AuditSpec, description="What is recorded of runs.")
    retention: Annotated[ProjectRetentionSpec, EXTENSION] = Field(
        default_factory=ProjectRetentionSpec, description="For how long things are kept."
    )
    privacy: PrivacySpec = Field(default_factory=PrivacySpec, description="How values are made private.")
    ack: str | None = Field(default=None, description="The extension of files that say that another one is complete.")
    quiet_period: Annotated[str | None, EXTENSION] = Field(
        default=None, description="For how long a file must have been left alone before it is taken, such as `30 seconds`."
    )
    run_on_arrival: Annotated[bool | None, EXTENSION] = Field(
        default=None, description="Whether files are loaded when they arrive; by default where there is no schedule."
    )
    preview_rows: Annotated[int, EXTENSION] = Field(default=10, ge=0, le=100, description="How many rows a run shows in Dagster.")
    unpack: Annotated[UnpackSpec, EXTENSION] = Field(
        default_factory=UnpackSpec, description="How much may come out of one packed or compressed file."
    )
    dsv_options: StringMap = Field(default_factory=dict, description="Options of all files of format DSV.")
    scd2_start_timestamp: str = Field(default="sl_start_ts", description="SCD2's column for when a version began.")
    scd2_end_timestamp: str = Field(default="sl_end_ts", description="SCD2's column for when a version ended.")


class ApplicationFile(Spec):
    """The whole file."""

    version: Version = None
    application: ApplicationSpec = Field(default_factory=ApplicationSpec, description="The settings.")
