"""`application.sl.yml`: connections and the project's settings."""

from typing import Annotated, Literal

from pydantic import Field

from sl_assets.spec.base import Ignored, Lower, Secret, Silent, Spec, StringMap
from sl_assets.spec.retention import ProjectRetentionSpec


class ConnectionSpec(Spec):
    """One of `connections:`."""

    type: str = "JDBC"
    options: StringMap = Field(default_factory=dict)
    spark_format: Silent = None
    loader: Annotated[Literal["spark", "native"] | None, Lower] = None
    quote: Ignored = None
    separator: Ignored = None
    transpile_dialect: str | None = Field(default=None, alias="_transpileDialect")


class DagRefSpec(Spec):
    """`dagRef:`, the defaults of loads and of transforms."""

    load: str | None = None
    transform: str | None = None


class LockSpec(Spec):
    """`lock:`; `timeout` in milliseconds, -1 for ever."""

    timeout: int | None = None
    path: Ignored = None


class ExpectationsSpec(Spec):
    """`expectations:`, the switches."""

    active: bool = True
    fail_on_error: bool = False
    path: Ignored = None


class AuditSpec(Spec):
    """`audit:`."""

    active: Ignored = None
    max_errors: int | None = Field(default=None, ge=0)
    detailed_load_audit: Silent = None
    domain: str | None = None
    domain_expectation: Ignored = None
    domain_rejected: Ignored = None
    database: Ignored = None
    path: Ignored = None
    sink: Ignored = None


class UnpackSpec(Spec):
    """`unpack:`, our extension: how much may come out of one packed or compressed file."""

    max_size: str | None = None
    max_ratio: int = Field(default=1000, ge=1)
    max_entries: int = Field(default=100_000, ge=1)


class PrivacySpec(Spec):
    """`privacy:`; `options` maps a name to the class (or Python function) behind it, `key` is the secret of keyed hashes."""

    options: StringMap = Field(default_factory=dict)
    key: Secret | None = None


class ApplicationSpec(Spec):
    """`application:`."""

    name: str | None = None
    connection_ref: str | None = None
    load_connection_ref: str | None = None
    transform_connection_ref: str | None = None
    connections: dict[str, ConnectionSpec] = Field(default_factory=dict)
    loader: Annotated[Literal["spark", "native"] | None, Lower] = None
    empty_is_null: bool = True
    archive: bool = True
    reject_all_on_error: bool = False
    reject_max_records: int | None = Field(default=None, ge=0)
    reject_max_rate: float | None = Field(default=None, ge=0, le=1)
    reject_with_value: bool = False
    sink_replay_to_file: bool = False
    timezone: str = "UTC"
    lock: LockSpec = Field(default_factory=LockSpec)
    schedule_presets: StringMap = Field(default_factory=dict)
    dag_ref: DagRefSpec = Field(default_factory=DagRefSpec)
    expectations: ExpectationsSpec = Field(default_factory=ExpectationsSpec)
    audit: AuditSpec = Field(default_factory=AuditSpec)
    retention: ProjectRetentionSpec = Field(default_factory=ProjectRetentionSpec)
    privacy: PrivacySpec = Field(default_factory=PrivacySpec)
    ack: str | None = None
    quiet_period: str | None = None
    run_on_arrival: bool | None = None
    preview_rows: int = Field(default=10, ge=0, le=100)
    unpack: UnpackSpec = Field(default_factory=UnpackSpec)
    dsv_options: StringMap = Field(default_factory=dict)
    scd2_start_timestamp: str = "sl_start_ts"
    scd2_end_timestamp: str = "sl_end_ts"

    env: Silent = None
    tenant: Silent = None
    create_schema_if_not_exists: Silent = None
    default_write_format: Silent = None
    duckdb_extensions: Silent = None
    duck_db_enable_external_access: Silent = None
    duckdb_mode: Silent = None
    duckdb_path: Silent = None
    max_interactive_records: Silent = None
    max_par_copy: Silent = None
    max_par_task: Silent = None
    max_par_load: Silent = None
    long_job_timeout_ms: Silent = None
    short_job_timeout_ms: Silent = None
    spark_scheduling: Silent = None
    spark: Silent = None
    hadoop: Silent = None
    validate_on_load: Silent = None
    auto_export_schema: Silent = None
    test_csv_null_string: Silent = None

    access_policies: Ignored = None
    archive_table: Ignored = None
    archive_table_pattern: Ignored = None
    area: Ignored = None
    artefacts: Ignored = None
    csv_output: Ignored = None
    csv_output_ext: Ignored = None
    database: Ignored = None
    datasets: Ignored = None
    extra: Ignored = None
    force_domain_pattern: Ignored = None
    force_job_pattern: Ignored = None
    force_table_pattern: Ignored = None
    force_task_pattern: Ignored = None
    grouped: Ignored = None
    grouped_max: Ignored = None
    http: Ignored = None
    internal: Ignored = None
    job_id_env_name: Ignored = None
    kafka: Ignored = None
    load_strategy_class: Ignored = None
    metadata: Ignored = None
    metrics: Ignored = None
    on_exception_retries: Ignored = None
    privacy_only: Ignored = None
    refs: Ignored = None
    root: Ignored = None
    row_validator_class: Ignored = None
    sql_parameter_pattern: Ignored = None
    sync_sql_with_yaml: Ignored = None
    sync_yaml_with_db: Ignored = None
    udfs: Ignored = None


class ApplicationFile(Spec):
    """The whole file."""

    version: int | None = None
    application: ApplicationSpec = Field(default_factory=ApplicationSpec)
