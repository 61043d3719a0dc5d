"""A virtual environment of dlt's own, because the project does not depend on it; made once and kept in a folder."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

DLT = "1.31.0"
PIPELINE = Path(__file__).with_name("dlt_pipeline.py")


class NotInstallableError(Exception):
    """dlt could not be installed; says why."""


@dataclass(frozen=True)
class Dlt:
    """dlt, installed."""

    python: Path

    def command(self, reader: str, root: Path, *, ignore_errors: bool) -> list[str]:
        """The command that loads the landing files of a project."""
        landing, database = root / "datasets" / "incoming" / "shop", root / "dlt.duckdb"
        return [str(self.python), str(PIPELINE), reader, str(landing), str(database), *(["--ignore-errors"] * ignore_errors)]


def install_dlt(cache: Path) -> Dlt:
    """dlt with the very DuckDB and pyarrow that the project uses, from PyPI.

    Raises:
        NotInstallableError: There is no `uv`, or it failed (no network, no such version).
    """
    packages = [f"dlt[duckdb]=={DLT}", f"duckdb=={version('duckdb')}", f"pyarrow=={version('pyarrow')}", "pandas"]
    folder = cache / "-".join(["dlt", DLT, "duckdb", version("duckdb"), f"py{sys.version_info.major}.{sys.version_info.minor}"])
    dlt, ready = Dlt(folder / "bin" / "python"), folder / ".ready"
    if ready.is_file() and ready.read_text().split() == packages:
        return dlt
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is None:
        raise NotInstallableError("there is no `uv` beside this Python or on the PATH")
    cache.mkdir(parents=True, exist_ok=True)
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    _run([uv, "pip", "install", "--quiet", "--python", str(dlt.python), *packages])
    ready.write_text("\n".join(packages))
    return dlt


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstallableError(done.stderr.strip().replace("\n", " ")[:500] or f"{command[0]} failed")
