"""What watches children: where the product's code is, and whether a transaction is open. It changes nothing of what they do."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

CAPTION = "killed here:"


def callers(frame: FrameType | None) -> set[str]:
    """The names of the functions that a frame is in, its own included."""
    names: set[str] = set()
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    return names


class PointWatch:
    """Counts how often a point (see `victims.Point`) was passed, and acts when it is the one."""

    def __init__(self, point: Mapping[str, Any], act: Callable[[], None]) -> None:
        self.point = point
        self.act = act
        self.passed = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        point = self.point
        if event != point["event"] or frame.f_code.co_name != point["function"]:
            return
        if not frame.f_code.co_filename.endswith(point["file"]):
            return
        if point["name"] and getattr(argument, "__name__", None) != point["name"]:
            return
        if point["under"] and point["under"] not in callers(frame):
            return
        self.passed += 1
        if self.passed == point["nth"]:
            self.act()


def kill_me() -> None:
    """Die like a process that the kernel kills; where, is in its output."""
    print(CAPTION, file=sys.stderr)  # noqa: T201
    traceback.print_stack(file=sys.stderr)
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for_word(tell: int, listen: int) -> None:
    os.write(tell, b"here\n")
    os.read(listen, 1)


def watch_for_point() -> None:
    """Watch for the point in `SL_POINT` (JSON, see `victims.Point`), if there is one.

    There the process kills itself, or tells its parent and waits for its word.
    """
    if "SL_POINT" in os.environ:
        point = json.loads(os.environ["SL_POINT"])
        act = kill_me if point["then"] == "kill" else partial(wait_for_word, *point["pipes"])
        sys.setprofile(PointWatch(point, act))


class TransactionWatch:
    """Writes "1" into a file while a transaction of the product is open, else "0": the page cache survives a SIGKILL.

    It stands in the place of the product's `transaction`: a profile function would make everything a third slower.
    `tell` is a pipe that gets a byte when the transaction of this `number`, from 1, has begun.
    """

    def __init__(self, state: Path, tell: int, number: int) -> None:
        state.write_text("0")
        self.state = os.open(state, os.O_WRONLY)
        self.tell = tell
        self.number = number
        self.begun = 0

    def put_in_place(self) -> None:
        """Before the modules are imported that open transactions."""
        from sl_assets.warehouse.duckdb import connect  # noqa: PLC0415 - imports DuckDB, which a fork server must not

        assert "sl_assets.steps.load" not in sys.modules
        original = connect.transaction

        @contextmanager
        def transaction(connection: Any) -> Generator[None, None, None]:
            try:
                with original(connection):
                    self.begin()
                    yield
            finally:
                os.pwrite(self.state, b"0", 0)

        connect.transaction = transaction

    def begin(self) -> None:
        os.pwrite(self.state, b"1", 0)
        self.begun += 1
        if self.begun == self.number:
            os.write(self.tell, b".")
