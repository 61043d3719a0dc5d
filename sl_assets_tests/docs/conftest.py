import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sl_assets_tests.crash.warm_command import warm_command
from sl_assets_tests.docs.pages import ROOT

BAKERY = ("Makefile", "config", "sample-data", "dagster.yaml", "workspace.yaml", "pyproject.toml", "requirements.lock")
BIN = Path(sys.executable).parent
MAKE = "make -o .venv/.ready"
REPLACED = {
    # Installing takes minutes and needs the network; CI does it before any test runs. So `make` is told that the environment is
    # there; it is a link to the one of the tests. Everything else that the target does is done.
    "make run": f"{MAKE} run",
    "make clean": "make clean",
    "make help": "make help",
    # It would serve until somebody stops it, and a browser test does that; here: does the target end in the command it should?
    "make dev": f"{MAKE} -n dev | grep 'sl-assets dev'",
}
"""Commands of the documentation that are executed a little differently, and why."""


class Folder:
    """A folder in which the commands of a page are executed as a reader would.

    `commands` is a folder with commands that are found before those of the environment.
    """

    def __init__(self, path: Path, commands: Path | None = None) -> None:
        self.path = path
        self.commands = commands

    @property
    def environment(self) -> dict[str, str]:
        """That of a new user: nothing set for Starlake or Dagster, the environment's commands found, a wide terminal."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SL_", "DAGSTER", "MAKE", "COV_"))}
        path = os.pathsep.join([*([str(self.commands)] if self.commands else []), str(BIN), kept["PATH"]])
        return {**kept, "PATH": path, "COLUMNS": "180", "PYTHONWARNINGS": "default"}

    def run(self, line: str) -> str:
        """What a line of shell prints; it has to succeed."""
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", REPLACED.get(line, line)],
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def python(self, text: str) -> str:
        """What a Python program prints."""
        command = [sys.executable, "-W", "ignore", "-c", text]
        done = subprocess.run(
            command, cwd=self.path, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def finished_bakery(tmp_path_factory, warm_commands):
    """The bundled project after one `make run`, made once for all pages that begin there."""
    bakery = _bakery(tmp_path_factory.mktemp("finished") / "bakery", warm_commands)
    bakery.run(f"{MAKE} run BIN={warm_commands}")
    return bakery


@pytest.fixture(scope="session")
def warm_commands(tmp_path_factory):
    """A folder with `sl-assets` as it is when Python and Dagster have been read: most of what a page would take otherwise."""
    folder = tmp_path_factory.mktemp("warm")
    warm_command().script(folder / "sl-assets")
    return folder


@pytest.fixture
def open_folder(tmp_path, request, warm_commands):
    """Makes the folder a page names: `empty`, `bakery`, `bakery after make run`.

    In a fresh bakery, and on the page where a user begins, the commands are those that are installed.
    """

    def make(kind: str) -> Folder:
        if kind == "bakery after make run":
            finished = request.getfixturevalue("finished_bakery")
            shutil.copytree(finished.path, tmp_path / "finished" / "bakery", symlinks=True)
            return Folder(tmp_path / "finished" / "bakery", warm_commands)
        if kind == "bakery":
            return _bakery(tmp_path / "bakery")
        assert kind == "empty", kind
        (tmp_path / "shop").mkdir()
        begins_here = "README.md" in request.node.name
        return Folder(tmp_path / "shop", None if begins_here else warm_commands)

    return make


def _bakery(path: Path, commands: Path | None = None) -> Folder:
    path.mkdir(parents=True)
    for name in BAKERY:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, path / name)
    (path / ".venv").symlink_to(BIN.parent)
    return Folder(path, commands)
