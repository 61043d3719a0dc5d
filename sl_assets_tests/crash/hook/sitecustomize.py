"""Imported by Python itself at the start of a child process: watches for one point of the product's code, changes nothing in it.

`SL_POINT` (JSON, see `victims.Point`) is where; there the process kills itself, or tells its parent and waits for its word.
`SL_TRANSACTION_FILE` gets "1" as its first byte while a transaction of the product is open: the page cache survives a SIGKILL.
"""

import json
import os
import signal
import sys
from types import FrameType


class Watch:
    """A profile function that counts how often a point was passed, and acts when it is the one."""

    def __init__(self, point: dict) -> None:
        self.point = point
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

    def act(self) -> None:
        if self.point["then"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        tell, listen = self.point["pipes"]
        os.write(tell, b"here\n")
        os.read(listen, 1)


class TransactionWatch:
    """A profile function that writes down whether a transaction of the product is open."""

    def __init__(self, path: str) -> None:
        self.state = os.open(path, os.O_WRONLY | os.O_CREAT)

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "c_return" and frame.f_code.co_name in ("transaction", "_roll_back"):
            name = getattr(argument, "__name__", None)
            if name in ("begin", "commit", "rollback"):
                os.pwrite(self.state, b"1" if name == "begin" else b"0", 0)


def callers(frame: FrameType | None) -> set[str]:
    names = set()
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    return names


if "SL_POINT" in os.environ:
    sys.setprofile(Watch(json.loads(os.environ["SL_POINT"])))
elif "SL_TRANSACTION_FILE" in os.environ:
    sys.setprofile(TransactionWatch(os.environ["SL_TRANSACTION_FILE"]))
