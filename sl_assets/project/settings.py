"""Every setting of a project with its value and where that comes from: a file, the environment, or nobody but us."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from pydantic import SecretStr

from sl_assets.project.application import FROM_PROCESS, Application, read_application
from sl_assets.project.location import Location, locate
from sl_assets.spec.base import Spec, key_names
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.spec.document import Route
from sl_assets.spec.environment import read_environment
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place
from sl_assets.spec.read import Source
from sl_assets.spec.shape import slots

MASK = "********"
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|[a-z0-9]_pwd$|secret|token|credential|(private|api|access|account|sas|shared).?key|^key$",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(
    r"(?P<before>://[^:/?#@\s]*:|\b(?:password|passwd|pwd|secret|token|\w*key)=)(?P<value>[^@;&\s]+)", re.IGNORECASE
)
_SHORTEST_SECRET = 4
"""Characters; a shorter value of a secret variable is not looked for in other values: it would be found everywhere."""


@dataclass(frozen=True)
class Setting:
    """One setting. `value` is text, a number, a truth, a list or None, secrets masked.

    It was written at `place`, or came from the environment variable `variable`, or is the default when neither is there.
    """

    section: str
    name: str
    value: object
    place: Place | None = None
    variable: str | None = None
    secret: bool = False

    @property
    def origin(self) -> str:
        """`file`, `environment` or `default`."""
        return "file" if self.place else "environment" if self.variable else "default"


@dataclass(frozen=True)
class AllSettings:
    """The settings of a project, in order, and what is wrong with the files that they are in."""

    settings: tuple[Setting, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_settings(root: Path | str | None = None, environ: Mapping[str, str] | None = None) -> AllSettings:
    """Resolve a project's settings without reading its tables.

    Raises:
        ProjectError: There is no project.
    """
    environ = os.environ if environ is None else environ
    location, findings = locate(root, environ), Findings()
    environment = read_environment(location.metadata, environ, location.variables, findings, datetime.now(UTC))
    application = read_application(location, environment.all, environ, findings)
    secrets = _secrets({**environ, **environment.declared})
    found = [
        *_folders(location, application.source.below("area"), environ, root),
        Setting("project", "env", environment.active or "", *_active(environ, location, environment.active, application.source)),
        *_application(application, environ),
        *_variables(environment.declared, location, environment.active),
    ]
    return AllSettings(tuple(_masked(each, secrets) for each in found), findings.sorted())


def _folders(location: Location, area: Source, environ: Mapping[str, str], root: Path | str | None) -> Iterator[Setting]:
    areas = location.areas
    yield Setting("project", "root", str(location.root), None, _set("SL_ROOT", environ) if root is None else None)
    yield Setting("project", "metadata", str(location.metadata), None, _set("SL_METADATA", environ))
    yield Setting("project", "datasets", str(areas.datasets), None, _set("SL_DATASETS", environ))
    for name in ("incoming", "stage", "unresolved", "archive", "replay"):
        variable = _set(f"SL_AREA_{name.upper()}", environ) or (_set("SL_INCOMING", environ) if name == "incoming" else None)
        place = area.place(name) if name in location.named else None
        yield Setting("project", f"areas.{name}", str(getattr(areas, name)), place, None if place else variable)


def _set(variable: str, environ: Mapping[str, str]) -> str | None:
    return variable if environ.get(variable) else None


def _active(
    environ: Mapping[str, str], location: Location, active: str | None, application: Source
) -> tuple[Place | None, str | None]:
    if not active or environ.get("SL_ENV"):
        return None, _set("SL_ENV", environ)
    return _variable_places(location.metadata / "env.sl.yml").get("SL_ENV") or application.place("env"), None


def _application(application: Application, environ: Mapping[str, str]) -> Iterator[Setting]:
    from_process = {route: name for name, route in FROM_PROCESS.items() if environ.get(name)}
    source = application.source
    for route, value in _leaves(application.spec, ()):
        name = ".".join(str(step) for step in route)
        place = source.place(*route) if source.has(*route) else None
        variable = None if place else from_process.get(route)
        section = "connections" if route[0] == "connections" else "application"
        yield Setting(section, name.removeprefix("connections."), value, place, variable, isinstance(value, SecretStr))
    database = application.settings.database
    yield Setting("connections", "database", str(database), _database_place(application))


def _database_place(application: Application) -> Place | None:
    """Where the file of the warehouse is named; None when it is the default one."""
    connections = application.connections
    route = ("connections", connections.load or "", "options", "url")
    named = connections.files.get(connections.load or "") == connections.database
    return application.source.place(*route) if named and application.source.has(*route) else None


def _leaves(value: object, route: Route) -> Iterator[tuple[Route, object]]:
    if isinstance(value, Spec):
        known = slots(type(value))
        for key, name in key_names(type(value)).items():
            if not known[key].idle:
                yield from _leaves(getattr(value, name), (*route, key))
    elif isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)
        for key, each in entries.items():
            yield from _leaves(each, (*route, key))
    elif isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        if any(isinstance(each, Spec) for each in items):
            for index, each in enumerate(items):
                yield from _leaves(each, (*route, index))
        else:
            yield route, list(items)
    else:
        yield route, value


def _variables(declared: Mapping[str, str], location: Location, active: str | None) -> Iterator[Setting]:
    places = _variable_places(location.metadata / "env.sl.yml")
    if active:
        places |= _variable_places(location.metadata / f"env.{active}.sl.yml")
    for name, value in sorted(declared.items()):
        if name in places:
            yield Setting("variables", name, value, places[name])


_NAME = re.compile(r"^[ \t]+[\"']?([A-Za-z_]\w*)[\"']?[ \t]*:")


def _variable_places(file: Path) -> dict[str, Place]:
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    found = ((number, match) for number, line in enumerate(lines, start=1) if (match := _NAME.match(line)))
    return {match[1]: Place(file, number, match.start(1) + 1) for number, match in found}


def _secrets(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Values of variables whose names say that they are secret; the longest first, for one may hold another."""
    values = {value for name, value in variables.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET}
    return tuple(sorted(values, key=len, reverse=True))


def _masked(setting: Setting, secrets: tuple[str, ...]) -> Setting:
    """The setting with nothing secret in it: neither by its name, nor by what its value looks like or is the same as."""
    value = setting.value
    last = setting.name.rpartition(".")[2]
    if isinstance(value, SecretStr) or (isinstance(value, str) and value and _SECRET_NAME.search(last)):
        shown, secret = MASK, True
    elif isinstance(value, str):
        shown = _IN_TEXT.sub(rf"\g<before>{MASK}", value)
        for each in secrets:
            shown = shown.replace(each, MASK)
        secret = shown != value
    else:
        return setting
    return Setting(setting.section, setting.name, shown, setting.place, setting.variable, secret)
