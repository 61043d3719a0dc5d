"""Dagster's instance: where its history is, the same for `sl-assets run` and for the UI."""

import os
from collections.abc import Generator, MutableMapping
from contextlib import contextmanager
from datetime import timedelta
from importlib import resources
from pathlib import Path

import dagster as dg

from sl_assets.lock import file_lock


def prepare_home(root: Path, environ: MutableMapping[str, str]) -> Path:
    """Set DAGSTER_HOME if it is not: `<root>/.dagster`, with the project's dagster.yaml or the packaged one in it.

    A DAGSTER_HOME that somebody set is used as it is.
    """
    if environ.get("DAGSTER_HOME"):
        return Path(environ["DAGSTER_HOME"])
    home = root.absolute() / ".dagster"
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitignore").write_text("*\n", encoding="utf-8")
    own = root / "dagster.yaml"
    text = own.read_text(encoding="utf-8") if own.exists() else packaged("dagster.yaml")
    _replace(home / "dagster.yaml", text)
    environ["DAGSTER_HOME"] = str(home)
    return home


def packaged(name: str) -> str:
    """The text of a configuration file that comes with the package: `dagster.yaml`, `workspace.yaml`."""
    return resources.files("sl_assets.orchestration").joinpath(name).read_text(encoding="utf-8")


def open_instance(root: Path) -> dg.DagsterInstance:
    """The instance of a project."""
    home = prepare_home(root, os.environ)
    with opening(home):
        return dg.DagsterInstance.get()


def read_instance(root: Path) -> dg.DagsterInstance:
    """The instance of a project for somebody who only looks: where there is none, an empty one in memory, and none is made."""
    home = Path(os.environ.get("DAGSTER_HOME") or root.absolute() / ".dagster")
    if not (home / "dagster.yaml").exists():
        return dg.DagsterInstance.ephemeral()
    return dg.DagsterInstance.from_config(str(home))


@contextmanager
def opening(home: Path) -> Generator[None, None, None]:
    """Hold off others who open the history: the first one makes its tables, which Dagster does not guard."""
    with file_lock(home / "history.lock", what="Dagster's history", purpose="opening it", timeout=timedelta(minutes=1)):
        yield


def _replace(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    fresh = path.with_suffix(f".{os.getpid()}.part")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
