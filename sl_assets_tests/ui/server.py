"""The bundled project behind a real `sl-assets dev`: webserver, daemon and code server, started as a user starts them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 300
STOP_SECONDS = 20
PAUSE = 0.5
PRIVATE = ("SL_", "DAGSTER_")
HEARTBEATS = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"

Value = TypeVar("Value")


class GraphQLError(Exception):
    """The webserver answered with errors instead of data."""


@dataclass(frozen=True)
class Server:
    """A running webserver: the folder of its project, its address, and the file with all that the processes said."""

    root: Path
    url: str
    log: Path

    @property
    def warehouse(self) -> Path:
        """The DuckDB file of the project."""
        return self.root / "datasets" / "warehouse.duckdb"

    @property
    def landing(self) -> Path:
        """The folder in which the bakery's files arrive."""
        return self.root / "datasets" / "incoming" / "starbake"

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a GraphQL answer.

        Raises:
            GraphQLError: The answer has errors.
        """
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            answer = json.load(response)
        if answer.get("errors"):
            raise GraphQLError(answer["errors"][0]["message"])
        return answer["data"]


@contextmanager
def bakery_server(root: Path, *, land: bool = True) -> Generator[Server, None, None]:
    """Copy the bundled project to `root`, let its sample files arrive, and serve it until the block ends."""
    copy_project(root, land=land)
    with serve(root) as server:
        yield server


def copy_project(root: Path, *, land: bool) -> None:
    """The bundled configuration in a folder of its own; with `land`, the sample files in its landing area too."""
    shutil.copytree(REPOSITORY / "config", root / "config", dirs_exist_ok=True)
    if land:
        shutil.copytree(REPOSITORY / "sample-data" / "incoming", root / "datasets" / "incoming", dirs_exist_ok=True)


@contextmanager
def serve(root: Path) -> Generator[Server, None, None]:
    """`sl-assets dev` on a project folder; yields when the UI answers and the daemon's heart beats; leaves no process behind."""
    port = free_port()
    server = Server(root, f"http://127.0.0.1:{port}", root / "dev.log")
    dev = command("dev", "--host", "127.0.0.1", "--port", str(port))
    with (
        server.log.open("ab") as log,
        subprocess.Popen(dev, cwd=root, env=environment(root), stdout=log, stderr=log, start_new_session=True) as process,
    ):
        try:
            wait_for(lambda: _is_up(server, process), START_SECONDS, "the webserver and the daemon")
            yield server
        finally:
            kill_group(process)


def command(*arguments: str) -> list[str]:
    """The `sl-assets` of this Python's environment, with arguments."""
    return [str(Path(sys.executable).with_name("sl-assets")), *arguments]


def environment(root: Path) -> dict[str, str]:
    """Our environment, with nothing in it that would lead to another project or history than the one in `root`."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(PRIVATE)}
    return {**ours, "SL_ROOT": str(root)}


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(probe: Callable[[], Value], seconds: float, what: str) -> Value:
    """The first answer of `probe` that is true.

    Raises:
        TimeoutError: There was none in time.
    """
    end = time.monotonic() + seconds
    while True:
        if answer := probe():
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"Waited {seconds:.0f} s for {what}; the last answer was {answer!r}.")
        time.sleep(PAUSE)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started, in order if they let us, else at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _is_up(server: Server, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError(
            f"`sl-assets dev` ended with {process.returncode}:\n{server.log.read_text('utf-8', 'replace')[-3000:]}"
        )
    try:
        statuses = server.ask(HEARTBEATS)["instance"]["daemonHealth"]["allDaemonStatuses"]
    except (OSError, ValueError):
        return False
    required = [each["healthy"] for each in statuses if each["required"]]
    return bool(required) and all(required)
