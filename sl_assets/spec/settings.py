"""Settings of Starlake's that do nothing here, each checked all the same.

Some are read past without a word: nothing would come out otherwise with them. The others are told (SL109).
"""

from typing import Annotated

from pydantic import Field

from sl_assets.spec.base import DOCUMENTARY, UNSUPPORTED, Anything, Spec, StringMap, Unsupported

_PROCESS = Unsupported("Where a project is, the environment says: SL_ROOT, SL_METADATA, SL_DATASETS.")
_NAMES = Unsupported("Names are letters, digits and underscores, no digit first.")
_KAFKA = Unsupported("Kafka is not read.")
_SERVER = Unsupported("There is no server of Starlake's here.")
_BIGQUERY = Unsupported("It is for BigQuery.")
_FILES = Unsupported("It is for sinks that write files.")
_FOLDERS = Unsupported("Its folder has a fixed place in the config folder.")
_JVM = Unsupported("There is no JVM here.")


class MetricsSpec(Spec):
    """`metrics:`."""

    active: bool = Field(default=False, description="Whether metrics are computed.")
    discrete_max_cardinality: int | None = Field(default=None, ge=0, description="How many values a discrete column may have.")
    path: str | None = Field(default=None, description="Where they are written.")


class AccessPoliciesSpec(Spec):
    """`accessPolicies:`."""

    apply: bool = Field(default=True, description="Whether they are applied.")
    location: str | None = Field(default=None, description="Google Cloud's location.")
    database: str | None = Field(default=None, description="Google Cloud's project.")
    project_id: str | None = Field(default=None, description="Google Cloud's project.")
    taxonomy: str | None = Field(default=None, description="The taxonomy.")


class SparkSchedulingSpec(Spec):
    """`sparkScheduling:`."""

    max_jobs: int | None = Field(default=None, description="How many jobs run at once.")
    pool_name: str | None = Field(default=None, description="The pool.")
    mode: str | None = Field(default=None, description="FIFO or FAIR.")
    file: str | None = Field(default=None, description="The scheduler's file.")


class InternalSpec(Spec):
    """`internal:`."""

    cache_storage_level: str | None = Field(default=None, description="How Spark keeps what it has read.")
    intermediate_bigquery_format: str | None = Field(default=None, description="Parquet or ORC, on the way to BigQuery.")
    temporary_gcs_bucket: str | None = Field(default=None, description="The bucket on the way to BigQuery.")
    substitute_vars: bool = Field(default=True, description="Whether variables are replaced.")
    bq_audit_save_in_batch_mode: bool = Field(default=False, description="How audit rows get to BigQuery.")


class KafkaTopicSpec(Spec):
    """One of `topics:`."""

    topic_name: str | None = Field(default=None, description="The topic.")
    max_read: int | None = Field(default=None, description="How many messages are read at once.")
    fields: tuple[str, ...] = Field(default=(), description="Which fields of a message.")
    partitions: int | None = Field(default=None, description="How many partitions.")
    replication_factor: int | None = Field(default=None, description="How many copies.")
    create_options: StringMap = Field(default_factory=dict, description="Options for making it.")
    access_options: StringMap = Field(default_factory=dict, description="Options for reading it.")
    headers: dict[str, StringMap] = Field(default_factory=dict, description="Headers of messages.")


class KafkaSpec(Spec):
    """`kafka:`."""

    server_options: StringMap = Field(default_factory=dict, description="Where Kafka is.")
    topics: dict[str, KafkaTopicSpec] = Field(default_factory=dict, description="The topics.")
    comet_offsets_mode: str | None = Field(default=None, description="How offsets are remembered.")
    custom_deserializers: StringMap = Field(default_factory=dict, description="Classes that read messages.")


class HttpSpec(Spec):
    """`http:`."""

    interface: str | None = Field(default=None, description="The address.")
    port: int | None = Field(default=None, description="The port.")


class TableDdlSpec(Spec):
    """One of `jdbcEngines.*.tables:`."""

    create_sql: str = Field(description="The statement that makes it.")
    ping_sql: str | None = Field(default=None, description="The statement that tells whether it is there.")
    select_sql: str | None = Field(default=None, description="The statement that reads it.")


class JdbcEngineSpec(Spec):
    """One of `jdbcEngines:`."""

    tables: dict[str, TableDdlSpec] = Field(default_factory=dict, description="How the audit tables are made.")
    quote: str | None = Field(default=None, description="What stands around a name in SQL.")
    view_prefix: str | None = Field(default=None, description="What stands before the name of a view.")
    pre_actions: str | None = Field(default=None, description="SQL after connecting.")
    partition_by: str | None = Field(default=None, description="The words for partitions.")
    cluster_by: str | None = Field(default=None, description="The words for clusters.")
    strategy_builder: str | None = Field(default=None, description="The folder of its write strategies.")
    column_remarks: str | None = Field(default=None, description="The query for comments on columns.")
    table_remarks: str | None = Field(default=None, description="The query for comments on tables.")


class NeverUsed(Spec):
    """The settings of `application:` that do nothing here."""

    tenant: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="Who the project is for.")
    create_schema_if_not_exists: Annotated[bool, DOCUMENTARY] = Field(default=True, description="Schemas are always made.")
    default_write_format: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="The format of file sinks.")
    default_rejected_write_format: Annotated[str | None, DOCUMENTARY] = Field(
        default=None, description="The same, of rejected records."
    )
    default_audit_write_format: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="The same, of audit rows.")
    duckdb_extensions: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="DuckDB's extensions.")
    duck_db_enable_external_access: Annotated[bool, DOCUMENTARY] = Field(default=True, description="Whether SQL may read files.")
    max_interactive_records: Annotated[int | None, DOCUMENTARY] = Field(default=None, description="How many rows Starlake shows.")
    max_par_copy: Annotated[int | None, DOCUMENTARY] = Field(default=None, description="How much is copied at once.")
    max_par_task: Annotated[int | None, DOCUMENTARY] = Field(default=None, description="How many tasks run at once.")
    max_par_load: Annotated[int | None, DOCUMENTARY] = Field(default=None, description="How many loads run at once.")
    long_job_timeout_ms: Annotated[int | None, DOCUMENTARY] = Field(default=None, description="A limit for long jobs.")
    short_job_timeout_ms: Annotated[int | None, DOCUMENTARY] = Field(default=None, description="A limit for short jobs.")
    spark_scheduling: Annotated[SparkSchedulingSpec | None, DOCUMENTARY] = Field(default=None, description="Spark's scheduler.")
    spark: Annotated[Anything | None, DOCUMENTARY] = Field(default=None, description="Spark's settings; not checked.")
    hadoop: Annotated[StringMap, DOCUMENTARY] = Field(default_factory=dict, description="Hadoop's settings.")
    jdbc_engines: Annotated[dict[str, JdbcEngineSpec], DOCUMENTARY] = Field(
        default_factory=dict, description="How Starlake speaks to engines."
    )
    validate_on_load: Annotated[bool, DOCUMENTARY] = Field(default=False, description="Everything is always checked.")
    auto_export_schema: Annotated[bool, DOCUMENTARY] = Field(default=False, description="Whether schemas are exported.")
    test_csv_null_string: Annotated[str | None, DOCUMENTARY] = Field(
        default=None, description="The text for no value in unit tests."
    )
    hive_in_test: Annotated[bool, DOCUMENTARY] = Field(default=False, description="Starlake's own tests.")
    force_halt: Annotated[bool, DOCUMENTARY] = Field(default=False, description="Whether Starlake's process ends by force.")
    prune_partition_on_merge: Annotated[bool, DOCUMENTARY] = Field(
        default=False, description="Whether merges read partitions only."
    )
    use_local_file_system: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="Reserved by Starlake.")
    session_duration_serve: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="Reserved by Starlake.")
    version: Annotated[str | None, DOCUMENTARY] = Field(default=None, description="Starlake's version.")

    access_policies: Annotated[AccessPoliciesSpec | None, _BIGQUERY] = Field(default=None, description="Policies for columns.")
    archive_table: Annotated[bool, UNSUPPORTED] = Field(
        default=False, description="Whether loaded rows are copied to another table."
    )
    archive_table_pattern: Annotated[str | None, UNSUPPORTED] = Field(default=None, description="The name of that table.")
    artefacts: Annotated[str | None, UNSUPPORTED] = Field(default=None, description="The folder of Starlake's artefacts.")
    csv_output: Annotated[bool, _FILES] = Field(default=False, description="Whether tables are written as CSV.")
    csv_output_ext: Annotated[str | None, _FILES] = Field(default=None, description="How their names end.")
    dags: Annotated[str | None, _FOLDERS] = Field(default=None, description="The folder of dag files.")
    database: Annotated[str | None, Unsupported("Everything is in the project's one DuckDB file.")] = Field(
        default=None, description="The catalog or project of tables that name none."
    )
    datasets: Annotated[str | None, _PROCESS] = Field(default=None, description="The folder of the areas.")
    extra: Annotated[Anything | None, UNSUPPORTED] = Field(default=None, description="Settings of a project's own; not checked.")
    force_domain_pattern: Annotated[str | None, _NAMES] = Field(default=None, description="What names of domains look like.")
    force_job_pattern: Annotated[str | None, _NAMES] = Field(default=None, description="What names of jobs look like.")
    force_table_pattern: Annotated[str | None, _NAMES] = Field(default=None, description="What names of tables look like.")
    force_task_pattern: Annotated[str | None, _NAMES] = Field(default=None, description="What names of tasks look like.")
    force_view_pattern: Annotated[str | None, _NAMES] = Field(default=None, description="What names of views look like.")
    grouped: Annotated[bool, Unsupported("Files are loaded one after the other, in one run.")] = Field(
        default=False, description="Whether all files of a table are loaded as one."
    )
    grouped_max: Annotated[int | None, UNSUPPORTED] = Field(default=None, ge=1, description="How many files at most.")
    http: Annotated[HttpSpec | None, _SERVER] = Field(default=None, description="Where Starlake's server listens.")
    incoming: Annotated[str | None, _PROCESS] = Field(default=None, description="Where files arrive that no table claims.")
    internal: Annotated[InternalSpec | None, UNSUPPORTED] = Field(default=None, description="What Starlake needs inside.")
    job_id_env_name: Annotated[str | None, Unsupported("The job is Dagster's run.")] = Field(
        default=None, description="The variable that has the job's name."
    )
    kafka: Annotated[KafkaSpec | None, _KAFKA] = Field(default=None, description="Kafka's topics.")
    load_strategies: Annotated[str | None, _FOLDERS] = Field(default=None, description="The folder of templates of native loads.")
    load_strategy_class: Annotated[str | None, Unsupported("Files are loaded by time, then name.")] = Field(
        default=None, description="The order in which files are loaded."
    )
    macros: Annotated[str | None, _FOLDERS] = Field(default=None, description="The folder of macros.")
    metadata: Annotated[str | None, _PROCESS] = Field(default=None, description="The config folder.")
    metrics: Annotated[MetricsSpec | None, Unsupported("Dagster shows rows and statistics of each run.")] = Field(
        default=None, description="Statistics of columns."
    )
    on_exception_retries: Annotated[int | None, Unsupported("Write retries in a file of dags/.")] = Field(
        default=None, ge=0, description="How often what failed is tried again."
    )
    privacy_only: Annotated[bool, UNSUPPORTED] = Field(
        default=False, description="Whether only tables with private values are loaded."
    )
    root: Annotated[str | None, _PROCESS] = Field(default=None, description="The project's folder.")
    row_validator_class: Annotated[str | None, _JVM] = Field(default=None, description="The class that checks rows.")
    sql_parameter_pattern: Annotated[str | None, Unsupported("Variables are written {{x}} or ${x}.")] = Field(
        default=None, description="How variables are written in SQL."
    )
    sync_sql_with_yaml: Annotated[bool, Unsupported("No file of the project is ever changed by a run.")] = Field(
        default=False, description="Whether the YAML follows the SQL."
    )
    sync_yaml_with_db: Annotated[bool, Unsupported("New columns are added, none is dropped.")] = Field(
        default=True, description="Whether tables follow the YAML."
    )
    tests: Annotated[str | None, _FOLDERS] = Field(default=None, description="The folder of unit tests.")
    types: Annotated[str | None, _FOLDERS] = Field(default=None, description="The folder of types.")
    udfs: Annotated[str | None, _JVM] = Field(default=None, description="Functions for Spark's SQL.")
    write_strategies: Annotated[str | None, _FOLDERS] = Field(default=None, description="The folder of write strategies.")
