"""`application.sl.yml` -> settings, and the values that tables and tasks inherit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sl_assets.project.arrival import read_quiet_period, read_unpack_limits
from sl_assets.project.connections import Connections, is_idle, resolve_connections
from sl_assets.project.location import Location
from sl_assets.project.named_areas import check_named_areas
from sl_assets.project.privacy import PrivacyNames
from sl_assets.project.privacy_options import read_key, read_names
from sl_assets.project.records import Settings, UnpackLimits
from sl_assets.project.retention import read_project_retention
from sl_assets.project.schedules import BUILT_IN_PRESETS
from sl_assets.spec.application import ApplicationFile, ApplicationSpec
from sl_assets.spec.document import Document, Route
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Read, Source, read_file

FROM_PROCESS: Mapping[str, Route] = {
    "SL_ARCHIVE": ("archive",),
    "SL_CONNECTION_REF": ("connectionRef",),
    "SL_LOAD_CONNECTION_REF": ("loadConnectionRef",),
    "SL_TRANSFORM_CONNECTION_REF": ("transformConnectionRef",),
    "SL_DAG_REF_LOAD": ("dagRef", "load"),
    "SL_DAG_REF_TRANSFORM": ("dagRef", "transform"),
    "SL_DUCKDB_MODE": ("duckdbMode",),
    "SL_DUCKDB_PATH": ("duckdbPath",),
    "SL_EMPTY_IS_NULL": ("emptyIsNull",),
    "SL_EXPECTATIONS_ACTIVE": ("expectations", "active"),
    "SL_EXPECTATIONS_FAIL_ON_ERROR": ("expectations", "failOnError"),
    "SL_AUDIT_MAX_ERRORS": ("audit", "maxErrors"),
    "SL_AUDIT_DOMAIN": ("audit", "domain"),
    "SL_LOADER": ("loader",),
    "SL_LOCK_TIMEOUT": ("lock", "timeout"),
    "SL_PRIVACY_KEY": ("privacy", "key"),
    "SL_REJECT_ALL_ON_ERROR": ("rejectAllOnError",),
    "SL_REJECT_MAX_RECORDS": ("rejectMaxRecords",),
    "SL_REJECT_WITH_VALUE": ("rejectWithValue",),
    "SL_SCD2_START_TIMESTAMP": ("scd2StartTimestamp",),
    "SL_SCD2_END_TIMESTAMP": ("scd2EndTimestamp",),
    "SL_SINK_REPLAY_TO_FILE": ("sinkReplayToFile",),
    "SL_TIMEZONE": ("timezone",),
}
"""Environment variables that stand in for settings the file leaves out; what the file says wins, as in Starlake."""

_OF_A_TABLE = frozenset({"domain", "table", "schema"})
"""What templates of the application file name for Starlake to fill in, table by table."""

_FOR_EVER = timedelta(days=3650)


@dataclass(frozen=True)
class Application:
    """The application file, read: the spec, where it stands, the settings and the connections."""

    spec: ApplicationSpec
    source: Source
    settings: Settings
    connections: Connections
    quiet: timedelta = timedelta(0)
    unpack: UnpackLimits = field(default_factory=UnpackLimits)
    privacies: PrivacyNames = field(default_factory=PrivacyNames)

    @property
    def loader(self) -> str | None:
        """The loader of tables that name none: the connection's, else the application's."""
        connection = self.spec.connections.get(self.connections.load or "")
        return (connection and connection.loader) or self.spec.loader

    @property
    def history(self) -> tuple[str, str]:
        """What SCD2's two columns are called where a strategy does not name them."""
        return self.spec.scd2_start_timestamp, self.spec.scd2_end_timestamp


def read_application(
    location: Location, variables: Mapping[str, str], environ: Mapping[str, str], findings: Findings
) -> Application:
    """Read `application.sl.yml`; a broken one leaves the defaults, and `findings` says why."""
    defaults = {("application", *route): environ[name] for name, route in FROM_PROCESS.items() if environ.get(name)}
    read = read_file(
        location.application, ApplicationFile, variables, findings, quiet=_OF_A_TABLE, defaults=defaults, is_idle=is_idle
    )
    if read is None:
        read = Read(ApplicationFile(), Source(Document(location.application, None)))
    spec, source = read.spec.application, read.source.below("application")
    connections = resolve_connections(spec, source, location, findings)
    quiet = read_quiet_period(spec.quiet_period, source.below("quietPeriod"), findings)
    unpack = read_unpack_limits(spec.unpack, source.below("unpack"), findings)
    settings = _settings(spec, source, connections, environ, findings)
    check_named_areas(spec.area, location.named, source.below("area"), findings)
    names = read_names(spec.privacy, source.below("privacy"), location.metadata, findings)
    return Application(spec, source, settings, connections, quiet, unpack, names)


def check_timezone(text: str, source: Source, findings: Findings, *steps: str) -> str:
    """A time zone's name, checked (SL209 is for schedules, so a wrong zone is a value that is not allowed: SL108)."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fact = f'"{text}" is not a time zone.'
        findings.error(
            "SL108", source.place(*steps), source.subject(*steps), fact, 'Write one of the IANA names, such as "Europe/Paris".'
        )
        return "UTC"
    return text


def _settings(
    spec: ApplicationSpec, source: Source, connections: Connections, environ: Mapping[str, str], findings: Findings
) -> Settings:
    return Settings(
        database=connections.database,
        timezone=check_timezone(spec.timezone, source, findings, "timezone"),
        audit_schema=spec.audit.domain or "audit",
        audit_max_errors=spec.audit.max_errors,
        lock_timeout=_lock_timeout(spec.lock.timeout),
        reject_with_value=spec.reject_with_value,
        replay_files=spec.sink_replay_to_file,
        expectations_active=spec.expectations.active,
        memory_limit=connections.memory_limit,
        preview_rows=spec.preview_rows,
        privacy_key=read_key(spec.privacy, source.below("privacy"), environ, findings),
        retention=read_project_retention(spec.retention, source.below("retention"), findings),
        schedule_presets={**BUILT_IN_PRESETS, **spec.schedule_presets},
    )


def _lock_timeout(milliseconds: int | None) -> timedelta:
    if milliseconds is None:
        return timedelta(minutes=5)
    return _FOR_EVER if milliseconds < 0 else timedelta(milliseconds=milliseconds)
