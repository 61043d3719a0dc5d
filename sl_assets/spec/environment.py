"""`env.sl.yml` and `env.<ENV>.sl.yml`: the variables that templates may name, and which environment is the active one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from sl_assets.spec.base import Spec, StringMap, Version
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.place import Place
from sl_assets.spec.read import Read, read_file, read_text
from sl_assets.spec.template import replace_dollars
from sl_assets.spec.yaml import parse_yaml

ACTIVE = "SL_ENV"
"""Names the active environment."""

_NEVER_OWN = frozenset({"SL_ROOT", "SL_METADATA", "SL_DATASETS"})
"""Where the project is, the process says, not one of the project's files."""

_LONGEST = 1_000_000
"""More characters than any real value has; stops values that double each other."""

_NAME = re.compile(r"^[ \t]*[\"']?([A-Za-z_]\w*)[\"']?[ \t]*:", re.MULTILINE)
_SAYS_ENV = re.compile(r"^[ \t]*env[ \t]*:", re.MULTILINE)
_NO_NAMES = frozenset({"env", "version"})


class EnvironmentFile(Spec):
    """A whole environment file."""

    version: Version = None
    env: StringMap = Field(default_factory=dict, description="Variables: name to value.")


@dataclass(frozen=True)
class Environment:
    """The variables of a project. `declared` come from its files and its paths, `process` from the operating system."""

    active: str | None
    declared: Mapping[str, str]
    process: Mapping[str, str]
    dates: Mapping[str, str]

    @property
    def all(self) -> Mapping[str, str]:
        """What templates see; the project's files win over dates, dates over the process."""
        return {**self.process, **self.dates, **self.declared}


def read_environment(
    metadata: Path, process: Mapping[str, str], paths: Mapping[str, str], findings: Findings, now: datetime | None
) -> Environment:
    """Read the environment files of a project.

    Args:
        metadata: The config folder.
        process: The operating system's environment.
        paths: The path variables (`SL_ROOT`, `SL_INCOMING`, ...); they win over everything.
        findings: Takes what is wrong.
        now: The moment of the date variables (`sl_date`, ...); None: they are not told, `${sl_date}` stays as it is.

    Returns:
        The environment. A variable that only some other `env.*.sl.yml` has is empty text.
    """
    dates = date_variables(now) if now else untold(DATES)
    outer = {**process, **dates, **paths}
    general = read_variables(metadata / "env.sl.yml", outer, findings)
    active = process.get(ACTIVE) or general.get(ACTIVE) or _env_of_application(metadata / "application.sl.yml")
    others = {file.name.removeprefix("env.").removesuffix(".sl.yml"): file for file in sorted(metadata.glob("env.*.sl.yml"))}
    others.pop("sl.yml", None)
    local: Mapping[str, str] = {}
    if active in others:
        local = read_variables(others[active], {**outer, **general, **paths}, findings)
    elif active:
        findings.warning(
            "SL111", Place(metadata / "env.sl.yml"), "SL_ENV", f"there is no env.{active}.sl.yml.", allowed(others, active)
        )
    elsewhere = {name: "" for file in others.values() for name in _names(file)}
    return Environment(active, {**elsewhere, **general, **local, **paths}, dict(process), dates)


def date_variables(now: datetime) -> dict[str, str]:
    """Starlake's date variables for one moment.

    Example:
        >>> date_variables(datetime(2024, 3, 1, 9, 5))["sl_datetime"]
        '20240301090500'
    """
    millis = int(now.astimezone(UTC).timestamp() * 1000)
    return {
        "sl_date": f"{now:%Y%m%d}",
        "sl_datetime": f"{now:%Y%m%d%H%M%S}",
        "sl_year": f"{now:%Y}",
        "sl_month": f"{now:%m}",
        "sl_day": f"{now:%d}",
        "sl_hour": f"{now:%H}",
        "sl_minute": f"{now:%M}",
        "sl_second": f"{now:%S}",
        "sl_milli": f"{now.microsecond // 1000:03d}",
        "sl_epoch_second": str(millis // 1000),
        "sl_epoch_milli": str(millis),
    }


DATES = frozenset(date_variables(datetime(1970, 1, 1, tzinfo=UTC)))
"""The names of the date variables."""


def untold(names: Iterable[str]) -> dict[str, str]:
    """Variables that are known by name only: `${x}` stays as it is."""
    return {name: f"${{{name}}}" for name in names}


def _env_of_application(file: Path) -> str | None:
    """What the application file says, before its templates are rendered with the variables of that very environment."""
    quiet = Findings()
    text = read_text(file, quiet)
    document = parse_yaml(text, file, quiet) if text and _SAYS_ENV.search(text) else None
    data = document.data if document else None
    if isinstance(data, dict):
        inner = data.get("application", data)
        found = inner.get("env") if isinstance(inner, dict) else None
        return found if isinstance(found, str) and found and "{{" not in found and "${" not in found else None
    return None


def _names(file: Path) -> list[str]:
    """The variables of a file by the look of it: all that is needed of an environment that is not active."""
    try:
        return [name for name in _NAME.findall(file.read_text(encoding="utf-8-sig")) if name not in _NO_NAMES]
    except (OSError, UnicodeDecodeError):
        return []


def read_variables(file: Path, outer: Mapping[str, str], findings: Findings) -> Mapping[str, str]:
    """The variables of one file, none where there is no file; `outer` are those that its values may name."""
    if not file.is_file():
        return {}
    # its own names survive the rendering as ${name}: they are replaced below, when their values are known
    own = {name: f"${{{name}}}" for name in _names(file) if name not in _NEVER_OWN}
    read = read_file(file, EnvironmentFile, {**outer, **own}, findings)
    return _settle(read, outer, findings) if read else {}


def _settle(read: Read[EnvironmentFile], outer: Mapping[str, str], findings: Findings) -> Mapping[str, str]:
    """Replace the variables of one file in each other's values until nothing changes."""
    source = read.source
    values: dict[str, str] = {}
    for name, value in read.spec.env.items():
        # a variable that names itself (PATH: "{{PATH}}/x") means the one outside
        values[name] = replace_dollars(value, {name: outer.get(name, "")})
        if values[name] != value and name not in outer:
            findings.warning(
                "SL104", source.place("env", name), name, "is not defined outside this file, so it is empty text here."
            )
    for _ in range(len(values) + 1):
        settled = {name: replace_dollars(value, values) for name, value in values.items()}
        if settled == values:
            break
        if max(len(value) for value in settled.values()) > _LONGEST:
            break
        values = settled
    if not any(f"${{{name}}}" in value for value in values.values() for name in values):
        return values
    findings.error("SL112", source.place("env"), "env", "its variables refer to each other in a circle.")
    return {}
