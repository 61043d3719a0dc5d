"""A whole project, kept from one start to the next: where nothing of its config folder has changed, nothing is read again.

What is kept is never out of date, only unknown. Its key is a digest of all that it is made of: every file of the config folder,
the folders of the project, the settings that came from the environment, the versions of the code. A project into which anything
else can come is not kept: one whose templates name variables of the process, or in whose YAML they name today's date. So no
secret of the process is written to a disk; settings, among them the key of keyed hashes, are read afresh each time.

It is written by `pickle`, and read by one that makes records of this package, paths and dates, and calls nothing else: what
somebody put into the cache folder can be wrong, but it cannot run. What is damaged is as good as missing.
"""

import io
import json
import pickle
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, is_dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path, PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import cast

from sl_assets.cache import PROJECT, cache_file, digest_of, read_cache, write_cache
from sl_assets.project.application import FROM_PROCESS, Application
from sl_assets.project.config_texts import YAML, ConfigTexts, state_of
from sl_assets.project.digest import code_version
from sl_assets.project.location import Location
from sl_assets.project.records import Project, Settings
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.spec.environment import DATES, Environment

_SECRET = "SL_PRIVACY_KEY"  # noqa: S105 - the name of it
_NOT_DEFINED = "SL104"
_PROTOCOL = 5
_PLAIN = (PosixPath, WindowsPath, PurePosixPath, PureWindowsPath, date, datetime, timedelta, timezone, Decimal)
_OURS = ("sl_assets.project.", "sl_assets.spec.", "sl_assets.sql.")


def is_closed(texts: ConfigTexts, location: Location, process: Mapping[str, str]) -> bool:
    """Whether a project is made of its folder alone: no template names a variable of the process, none in YAML today's date."""
    return not (texts.named & (process.keys() - location.variables.keys()) or texts.named_in_yaml & DATES)


@dataclass(frozen=True)
class _Kept:
    """`words` are what SQL may name as variables; `told` are the diagnostics behind those of environment and application."""

    project: Project
    words: frozenset[str]
    told: tuple[Diagnostic, ...]


class ProjectCache:
    """The kept state of one project."""

    def __init__(self, texts: ConfigTexts, location: Location, process: Mapping[str, str], environ: Mapping[str, str]) -> None:
        """Of the project at a location.

        Args:
            texts: Its config folder.
            location: Its folders.
            process: The environment variables that it is read with.
            environ: Those that say where the cache is.
        """
        self._texts = texts
        self._location = location
        self._process = process
        self._file = cache_file(location.metadata, PROJECT, environ)

    def recall(self, environment: Environment, application: Application) -> tuple[Project, tuple[Diagnostic, ...]] | None:
        """The project as it was read before, with today's settings, and its diagnostics; None when it is not known.

        Args:
            environment: The environment, read afresh.
            application: The application file, read afresh.
        """
        found = read_cache(self._file) if self._file else None
        if found is None:
            return None
        key, _, rest = found.partition(b"\n")
        seal, _, content = rest.partition(b"\n")
        if key != self._key(environment, application) or seal != _seal(key, content):
            return None
        kept = _unpickled(content)
        if kept is None or kept.words & (self._process.keys() - environment.declared.keys()):
            return None
        return replace(kept.project, settings=application.settings), kept.told

    def keep(
        self,
        project: Project,
        environment: Environment,
        application: Application,
        words: frozenset[str],
        told: tuple[Diagnostic, ...],
    ) -> None:
        """Keep a project that was just read, unless more than its folder came into it, or the folder has changed meanwhile.

        Args:
            project: The project.
            environment: The environment it was read in.
            application: Its application file.
            words: What its SQL may name as variables.
            told: The diagnostics behind those of environment and application.
        """
        foreign = project.environment.keys() - environment.declared.keys()
        if self._file is None or foreign or any(_depends_on_all_names(each) for each in project.diagnostics):
            return
        for node in (*project.tables.values(), *project.tasks.values()):
            code_version(node)  # it stays with the record
        kept = _Kept(replace(project, settings=Settings(Path()), diagnostics=()), words, told)
        with suppress(pickle.PicklingError, TypeError, AttributeError, RecursionError):
            content = pickle.dumps(kept, _PROTOCOL)
            if state_of(self._location.metadata) == self._texts.state:
                key = self._key(environment, application)
                write_cache(self._file, lambda out: out.write(b"\n".join((key, _seal(key, content), content))))

    def _key(self, environment: Environment, application: Application) -> bytes:
        location = self._location
        given = {name: self._process.get(name) for name in FROM_PROCESS if name != _SECRET}
        parts = [
            self._texts.digest,
            str(location.metadata.resolve()),
            repr(location.areas),
            sorted(location.variables.items()),
            environment.active,
            given,
            application.settings.privacy_key is not None,
        ]
        return digest_of(json.dumps(parts)).encode()


def _depends_on_all_names(told: Diagnostic) -> bool:
    """A variable of YAML that is not defined: the hint suggests a name out of all that the process has."""
    return told.code == _NOT_DEFINED and told.place.file.suffix in YAML


def _seal(key: bytes, content: bytes) -> bytes:
    return digest_of(key + content).encode()


def _unpickled(content: bytes) -> _Kept | None:
    """What was kept; None when that is anything else."""
    try:
        found = _Records(io.BytesIO(content)).load()
    except Exception:  # noqa: BLE001 - damaged bytes can raise anything
        return None
    return found if isinstance(found, _Kept) else None


class _Records(pickle.Unpickler):
    """Makes records, and calls nothing else."""

    def find_class(self, module: str, name: str) -> type[object]:
        """A class of records.

        Raises:
            pickle.UnpicklingError: It is anything else.
        """
        return _record(module, name)


@cache
def _record(module: str, name: str) -> type[object]:
    plain = {(each.__module__, each.__qualname__): each for each in _PLAIN}
    if (module, name) in plain:
        return plain[module, name]
    if module.startswith(_OURS) and name.isidentifier():
        found: object = getattr(import_module(module), name, None)
        if isinstance(found, type) and found.__module__ == module and (is_dataclass(found) or issubclass(found, tuple)):
            return cast("type[object]", found)
    raise pickle.UnpicklingError(f"{module}.{name}")
