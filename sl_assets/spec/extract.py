"""`extract/<name>.sl.yml`: what to fetch from other databases and services. Checked; sl-assets extracts nothing."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from sl_assets.spec.base import Anything, Named, Spec, StringMap, Upper, Version

_Trim = Annotated[Literal["NONE", "LEFT", "RIGHT", "BOTH"], Upper]


class ExtractColumnSpec(Spec):
    """One of `columns:`; a name alone will do as well."""

    name: str = Field(description="The column in the source.")
    rename: str | None = Field(default=None, description="What it is called in the files.")


class _Reading(Spec):
    """How rows are read, for a table and for a schema."""

    partition_column: str | None = Field(
        default=None, description="The column by which reading is split, and by which it goes on."
    )
    num_partitions: int | None = Field(default=None, ge=1, description="In how many parts rows are read.")
    connection_options: StringMap = Field(default_factory=dict, description="Options of the connection.")
    fetch_size: int | None = Field(default=None, ge=1, description="How many rows are fetched at once.")
    string_partition_func: str | None = Field(default=None, description="The SQL that splits a text column.")
    full_export: bool | None = Field(default=None, description="Whether everything is read each time, or what is new.")


class ExtractTableSpec(_Reading):
    """One of `tables:`."""

    name: str | None = Field(default=None, description="The table; `*` for all.")
    sql: str | None = Field(default=None, description="A SELECT in place of the table.")
    columns: Annotated[tuple[ExtractColumnSpec, ...], Named()] = Field(default=(), description="Which columns; else all.")
    filter: str | None = Field(default=None, description="A SQL condition on the rows.")

    @field_validator("columns", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return [{"name": one} if isinstance(one, str) else one for one in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


class JdbcDefaultSpec(_Reading):
    """`default:`: what all schemas have in common."""

    catalog: str | None = Field(default=None, description="The catalog in the source.")
    schema_name: str | None = Field(default=None, alias="schema", description="The schema in the source.")
    table_remarks: str | None = Field(default=None, description="The query for comments on tables.")
    column_remarks: str | None = Field(default=None, description="The query for comments on columns.")
    table_types: tuple[str, ...] = Field(default=(), description="Kinds of tables, such as TABLE and VIEW.")
    template: str | None = Field(default=None, description="The YAML that new tables begin with.")
    pattern: str | None = Field(default=None, description="The pattern of the tables' files.")
    numeric_trim: _Trim | None = Field(default=None, description="How numbers are trimmed.")
    sanitize_name: bool | None = Field(default=None, description="Whether names are reduced to letters and digits.")


class JdbcSchemaSpec(JdbcDefaultSpec):
    """One of `jdbcSchemas:`."""

    tables: tuple[ExtractTableSpec, ...] = Field(default=(), description="Which tables.")
    exclude: tuple[str, ...] = Field(default=(), description="Which tables not.")


class ExtractOutputSpec(Spec):
    """`output:`: how the files are written down."""

    encoding: str | None = Field(default=None, description="Their character set.")
    with_header: bool | None = Field(default=None, description="Whether the first line names the columns.")
    separator: str | None = Field(default=None, description="What stands between two fields.")
    quote: str | None = Field(default=None, description="What stands around a field.")
    escape: str | None = Field(default=None, description="What stands before a quote.")
    null_value: str | None = Field(default=None, description="The text for: no value.")
    date_pattern: str | None = Field(default=None, description="The Java date pattern of dates.")
    timestamp_pattern: str | None = Field(default=None, description="The Java date pattern of timestamps.")


class ExplodeSpec(Spec):
    """`explode:`."""

    on: Annotated[Literal["ALL", "OBJECT", "ARRAY"], Upper] = Field(default="ALL", description="What becomes a table of its own.")
    exclude: tuple[str, ...] = Field(default=(), description="Which fields not.")
    rename: StringMap = Field(default_factory=dict, description="Path of a field to name of its table.")


class RouteSpec(Spec):
    """One of `routes:`."""

    paths: tuple[str, ...] = Field(default=(), description="Patterns for the paths.")
    as_: str | None = Field(default=None, alias="as", description="What the table is called.")
    operations: tuple[Annotated[Literal["GET", "POST"], Upper], ...] = Field(default=(), description="GET, POST.")
    exclude: tuple[str, ...] = Field(default=(), description="Which paths not.")
    exclude_fields: tuple[str, ...] = Field(default=(), description="Which fields not.")
    explode: ExplodeSpec | None = Field(default=None, description="Whether nested values become tables of their own.")


class ApiSchemasSpec(Spec):
    """`schemas:`."""

    include: tuple[str, ...] = Field(default=(), description="Patterns for schemas.")
    exclude: tuple[str, ...] = Field(default=(), description="Which not.")


class ApiDomainSpec(Spec):
    """One of `domains:`."""

    name: str = Field(description="The domain its tables go to.")
    base_path: str | None = Field(default=None, description="The beginning of paths that names leave out.")
    schemas: ApiSchemasSpec | None = Field(default=None, description="Which schemas.")
    routes: tuple[RouteSpec, ...] = Field(default=(), description="Which routes.")


class OpenApiSpec(Spec):
    """`openAPI:`."""

    base_path: str | None = Field(default=None, description="The beginning of paths that names leave out.")
    format_type_mapping: StringMap = Field(default_factory=dict, description="Format of a text to type.")
    domains: tuple[ApiDomainSpec, ...] = Field(default=(), description="Which domains.")


class ExtractSpec(Spec):
    """`extract:`."""

    connection_ref: str | None = Field(default=None, description="The connection that is read from.")
    audit_connection_ref: str | None = Field(default=None, description="The connection that remembers what was read.")
    sanitize_attribute_name: Annotated[Literal["ON_EXTRACT", "ON_LOAD"], Upper] = Field(
        default="ON_EXTRACT", description="When names of columns are cleaned."
    )
    default: JdbcDefaultSpec | None = Field(default=None, description="What all schemas have in common.")
    jdbc_schemas: tuple[JdbcSchemaSpec, ...] = Field(default=(), description="Which schemas of a database.")
    output: ExtractOutputSpec | None = Field(default=None, description="How the files are written down.")
    open_api: OpenApiSpec | None = Field(default=None, alias="openAPI", description="Which parts of a service.")
    rest_api: Anything | None = Field(default=None, alias="restAPI", description="Which endpoints of a service; not checked.")


class ExtractFile(Spec):
    """A whole extract file."""

    version: Version = None
    extract: ExtractSpec = Field(default_factory=ExtractSpec, description="What to fetch.")
