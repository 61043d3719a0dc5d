"""`sl-assets`, `dg` and `dagster` without their start: a server that has read Dagster's modules forks a process for each call.

Starting Python and reading Dagster takes longer than what most tests call the command for. Here it is done once. What a call gets
is a process of its own all the same: its arguments, environment, folder, session and files are those of the call, it can be
killed, and it ends as Python ends. The server has read nothing that reads DuckDB, for the reason told in `fork_server`.

A connection is one call. The client sends a line of JSON and the files of the process; it is told the pid, then the exit code.
"""

import array
import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any

from sl_assets_tests.crash.watching import watch_for_point

DAGSTER = (
    "dagster",
    "dagster._core.storage.sqlite_storage",
    "lxml.etree",
    "pyarrow",
    "sl_assets.project",
    "sqlglot.dialects.duckdb",
)
PRELOADED = {
    "sl-assets": (*DAGSTER, "rich.progress", "sl_assets.cli.main"),
    "dg": (
        *DAGSTER,
        "dagster._cli.asset",
        "dagster_dg_cli.cli.check",
        "dagster_dg_cli.cli.dev",
        "dagster_dg_cli.cli.labs",
        "dagster_dg_cli.cli.launch",
        "dagster_dg_cli.cli.list",
        "dagster_dg_cli.cli.plus",
        "dagster_dg_cli.cli.scaffold",
        "dagster_dg_cli.cli.utils",
    ),
    "dagster": (*DAGSTER, "dagster._cli.asset"),
}
"""Programs, and what their servers have read."""
REPOSITORY = Path(__file__).parents[2]
MOST = 1 << 20  # bytes of a call; its environment is in it
HIGH = 100  # files that came are moved up there first, out of the way of where they go

CLIENT = """#!{python} -IS
import array, json, os, socket, sys
call = {{"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd(), "files": [0, 1, 2]}}
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    message = json.dumps(call).encode() + b"\\n"
    sent = server.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    server.sendall(message[sent:])
    with server.makefile() as told:
        told.readline()
        code = int(told.readline() or 1)
sys.exit(code if code >= 0 else 128 - code)
"""
"""A script to be found as `sl-assets`. Its own start is nothing: it needs neither `site` nor packages."""


class Called:
    """A process of the command, with what tests need of `subprocess.Popen`."""

    def __init__(self, server: socket.socket, output: int) -> None:
        self._server = server
        self._told = server.makefile()
        self.stdout = os.fdopen(output)
        self.pid = int(self._told.readline())
        self.returncode: int | None = None
        self._read = b""

    def poll(self) -> int | None:
        """The exit code (negative: the signal), None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; raises `subprocess.TimeoutExpired` when there is none after so many seconds."""
        if self.returncode is None:
            with DefaultSelector() as selector:
                selector.register(self._server, EVENT_READ)
                if not selector.select(timeout):
                    raise subprocess.TimeoutExpired("sl-assets", timeout or 0)
            self.returncode = int(self._told.readline())
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """All that it still prints, when everybody has closed its output."""
        with DefaultSelector() as selector:
            selector.register(self.stdout, EVENT_READ)
            deadline = None if timeout is None else time.monotonic() + timeout
            while selector.select(None if deadline is None else max(0, deadline - time.monotonic())):
                piece = os.read(self.stdout.fileno(), 1 << 16)
                if not piece:
                    self.wait()
                    return self._read.decode(), None
                self._read += piece
        raise subprocess.TimeoutExpired("sl-assets", timeout or 0)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        self._told.close()
        self._server.close()


class WarmCommand:
    """The server of a program, seen from the tests."""

    def __init__(self, program: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sl-assets-")
        self._address = str(Path(self._folder.name, "socket"))
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER", "SL_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sl_assets_tests.crash.warm_command", self._address, program],
            cwd=REPOSITORY,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == b"ready\n"

    def close(self) -> None:
        """The end of its input is the end of the server."""
        self._process.communicate()
        self._folder.cleanup()

    def start(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], files: Sequence[int]) -> Called:
        """A process of the command with a session of its own; `files` are open in it too, under their numbers."""
        out, into = os.pipe()
        call = {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder), "files": [0, 1, 2, *files]}
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._address)
        message = json.dumps(call).encode() + b"\n"
        with Path(os.devnull).open() as nothing:
            sent = socket.send_fds(server, [message], [nothing.fileno(), into, into, *files])
        server.sendall(message[sent:])
        os.close(into)
        return Called(server, out)

    def script(self, path: Path) -> None:
        """Write a script that is the command, in this environment: its name is that of the program."""
        path.write_text(CLIENT.format(python=sys.executable, address=self._address), encoding="utf-8")
        path.chmod(0o755)


@cache
def warm_command(program: str = "sl-assets") -> WarmCommand:
    """The server of a program for this process of tests, started when it is asked for first."""
    command = WarmCommand(program)
    atexit.register(command.close)
    return command


def serve(address: str) -> dict[str, Any] | None:
    """Take calls until the input ends, then return None. Returns in each child as well: with what it shall do."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever waits for a child is a child that nobody waits for
    with socket.socket(socket.AF_UNIX) as listener, DefaultSelector() as selector:
        listener.bind(address)
        listener.listen()
        selector.register(listener, EVENT_READ)
        selector.register(sys.stdin, EVENT_READ)
        print("ready", flush=True)  # noqa: T201
        while sys.stdin not in [key.fileobj for key, _ in selector.select()]:
            client, _ = listener.accept()
            with client:
                if not os.fork():
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    return attend(client)
    return None


def attend(client: socket.socket) -> dict[str, Any]:
    """Fork the process of a call, tell the client its pid and how it ended, and end. Returns in that process only."""
    message, ancillary, _, _ = client.recvmsg(MOST, socket.CMSG_SPACE(16 * array.array("i").itemsize))
    received = array.array("i")
    for _, _, data in ancillary:
        received.frombytes(data)
    while not message.endswith(b"\n"):
        message += client.recv(MOST)
    call = json.loads(message)
    pid = os.fork()
    if not pid:
        high = [os.dup2(number, HIGH + at, inheritable=False) for at, number in enumerate(received)]
        for number in received:
            os.close(number)
        for number, target in zip(high, call["files"], strict=True):
            os.dup2(number, target)
            os.close(number)
        return call
    for number in received:
        os.close(number)
    client.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        client.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def be_called(program: str, call: dict[str, Any]) -> None:
    """Do what the command does. Ends as the command ends."""
    os.setsid()
    os.environ.clear()
    os.environ.update(call["environment"])
    os.chdir(call["folder"])
    sys.argv = [program, *call["arguments"]]
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:1] = [str(Path(sys.executable).parent), *(each for each in paths if each)]  # first is where a script lies
    watch_for_point()
    (script,) = entry_points(group="console_scripts", name=program)
    sys.exit(script.load()())


if __name__ == "__main__":
    for module in PRELOADED[sys.argv[2]]:
        import_module(module)
    import_module("sl_assets_tests.orchestration.revisions").read_revisions_now()
    assert "duckdb" not in sys.modules
    assert "polars" not in sys.modules
    gc.collect()
    gc.freeze()  # collections in the children leave the pages alone that they share with the server
    if call := serve(sys.argv[1]):
        be_called(sys.argv[2], call)
