"""Child processes that stop at a given point of the product's code: killed there, or held until the test lets them go on."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from sl_assets_tests.crash.warm_command import Called, warm_command

HOOK = Path(__file__).parent / "hook"
REPOSITORY = Path(__file__).parents[2]
COMMAND = "sl-assets"
"""The command in a process of its own, forked where Dagster was read already."""
INSTALLED = str(Path(sys.executable).with_name("sl-assets"))
"""The command as it is installed, from its start."""
LONGEST = 120  # seconds after which a child is taken to hang


@dataclass(frozen=True)
class Point:
    """The `nth` time that `function` in `file` is called or returns; with `name`, a C function it calls; `under` a caller."""

    file: str
    function: str
    event: Literal["call", "return", "c_call", "c_return"]
    name: str = ""
    under: str = ""
    nth: int = 1


@dataclass
class Ended:
    """A child that ended: its exit code (negative: the signal) and all it printed."""

    code: int
    output: str


class Child:
    """A running child."""

    def __init__(self, process: subprocess.Popen[str] | Called, told: int, let: int) -> None:
        self.process = process
        self._told = told
        self._let = let

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until_there(self) -> None:
        """Return when the child stands at its point, or printed its sign."""
        ready, _, _ = select.select([self._told], [], [], LONGEST)
        assert ready, "the child hangs before its point"
        assert os.read(self._told, 5) == b"here\n", f"the child ended before its point: {self.end()}"

    def is_there_within(self, seconds: float) -> bool:
        """Whether the child comes to its point (or ends) within some seconds, for children that may rightly not."""
        return bool(select.select([self._told], [], [], seconds)[0])

    def go_on(self) -> None:
        """Let the child go on from its point."""
        with suppress(BrokenPipeError):
            os.write(self._let, b".")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    def read_until(self, text: str) -> str:
        """The output up to and with the first line that has `text` in it."""
        assert self.process.stdout is not None
        seen = ""
        for line in self.process.stdout:
            seen += line
            if text in line:
                return seen
        raise AssertionError(f"the child ended without printing {text!r}: {seen}")

    def end(self) -> Ended:
        """The child's end; a child that does not come to it fails the test."""
        deadline = time.monotonic() + LONGEST
        while True:
            try:
                output, _ = self.process.communicate(timeout=1)
            except subprocess.TimeoutExpired:
                if self.process.poll() is not None:
                    _sweep(self.process)
                elif time.monotonic() > deadline:
                    raise
            else:
                return Ended(self.process.returncode, output)


def _sweep(process: subprocess.Popen[str] | Called) -> None:
    """End what a dead child has left. Dagster copies a step's output with a `tail -F`, and starts whoever ends that one after it:
    killed in between, the `tail` goes on for ever and keeps the output open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def child(
    arguments: Sequence[str],
    *,
    root: Path,
    point: Point | None = None,
    then: Literal["kill", "wait"] = "kill",
    environ: dict[str, str] | None = None,
) -> Generator[Child, None, None]:
    """Start a child on a project; it is killed when the block ends before it does."""
    told, tell = os.pipe()
    listen, let = os.pipe()
    variables = {key: value for key, value in os.environ.items() if key not in ("DAGSTER_HOME", "SL_POINT")}
    variables |= {"SL_ROOT": str(root), "PYTHONPATH": f"{HOOK}{os.pathsep}{REPOSITORY}", **(environ or {})}
    if point:
        variables["SL_POINT"] = json.dumps({**asdict(point), "then": then, "pipes": [tell, listen]})
    process = _start(arguments, root, variables, (tell, listen))
    os.close(tell)
    os.close(listen)
    try:
        yield Child(process, told, let)
    finally:
        process.kill()
        process.wait()
        _sweep(process)
        if process.stdout:
            process.stdout.close()
        if isinstance(process, Called):
            process.close()
        os.close(told)
        os.close(let)


def _start(
    arguments: Sequence[str], root: Path, variables: dict[str, str], files: tuple[int, ...]
) -> subprocess.Popen[str] | Called:
    if arguments[0] == COMMAND:
        return warm_command().start(arguments[1:], root, variables, files)
    return subprocess.Popen(
        list(arguments),
        env=variables,
        cwd=root,
        pass_fds=files,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # so that all it starts can be ended with it
    )


def sl_assets(root: Path, *arguments: str, environ: dict[str, str] | None = None, command: str = COMMAND) -> Ended:
    """The command, from start to end."""
    with child([command, *arguments], root=root, environ=environ) as running:
        return running.end()
