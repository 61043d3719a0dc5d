"""A process that has read the modules and forks a child for each job: a kill then costs a fork, not the start of Python.

It has one thread that runs code, and never reads DuckDB, which starts a thread of its own when it is imported: a fork would copy
its locks and not the thread that holds them. The child reads DuckDB and says when it is ready; the clock runs from then on.

Jobs come on stdin, results go to stdout, one line of JSON each.
"""

import gc
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from sl_assets_tests.crash.victims import LONGEST, REPOSITORY, Point
from sl_assets_tests.crash.watching import PointWatch, TransactionWatch, kill_me

PRELOADED = (
    "jinja2",
    "lxml.etree",
    "pyarrow.compute",
    "sl_assets.areas.unpack",
    "sl_assets.project",
    "sl_assets.steps.gate",
    "sl_assets.steps.small_files",
    "sl_assets.steps.stage",
    "sqlglot",
)
"""What the steps need and what does not read DuckDB."""


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes:
        code: Its exit code; negative: the signal.
        lived: Seconds from when it was ready.
        hung: It neither ended nor came to its point.
        in_transaction: A transaction of the product was open.
        output: What it printed; where it stood, if it killed itself.
    """

    code: int
    lived: float
    hung: bool
    in_transaction: bool
    output: str


class ForkServer:
    """The server process, seen from the tests. One job at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "sl_assets_tests.crash.fork_server"]
        variables = {key: value for key, value in os.environ.items() if key not in ("DAGSTER_HOME", "SL_ROOT")}
        self._process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env={**variables, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.communicate()  # the end of its input is the end of the server

    def run(
        self,
        root: Path,
        *arguments: str,
        point: Point | None = None,
        after: float | None = None,
        transaction: int = 0,
    ) -> Ended:
        """Let a child do what `loading.main` does on a project.

        Args:
            root: The project.
            arguments: The run, and the jobs.
            point: Where it kills itself.
            after: So many seconds after it is ready it is killed, unless it has ended.
            transaction: These seconds are counted from when it begins its transaction of this number, from 1.
        """
        job = {"root": str(root), "arguments": [str(root), *arguments], "point": point and asdict(point)}
        job |= {"after": after, "transaction": transaction}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the fork server is gone"
        state, output = root / "in_transaction", (root / "child.log").read_text(errors="replace")
        is_open = state.exists() and state.read_text() == "1"
        return Ended(**json.loads(answer), in_transaction=is_open, output=output)

    def kill_at(self, root: Path, point: Point, *arguments: str) -> None:
        """Kill a child at a point; one that does not come there fails the test."""
        ended = self.run(root, *arguments, point=point)
        assert not ended.hung, ended.output
        assert ended.code == -signal.SIGKILL, f"it never came to {point}:\n{ended.output}"


def serve() -> None:
    """Do jobs until the input ends."""
    for line in sys.stdin:
        print(json.dumps(do(json.loads(line))), flush=True)  # noqa: T201


def do(job: dict[str, Any]) -> dict[str, Any]:
    """Fork a child for a job and wait for its end; its end of the pipe closes with it."""
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(told)
        be_child(job, tell)
    os.close(tell)
    ready = is_readable(told, LONGEST)
    began = time.monotonic()
    ended = ready and (not os.read(told, 1) or is_readable(told, LONGEST if job["after"] is None else job["after"]))
    if not ended:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(told)
    hung = not ready or (job["after"] is None and not ended)
    return {"code": os.waitstatus_to_exitcode(status), "lived": time.monotonic() - began, "hung": hung}


def is_readable(told: int, seconds: float) -> bool:
    """Whether a child wrote into its pipe or ended, within some seconds."""
    return bool(select.select([told], [], [], seconds)[0])


def be_child(job: dict[str, Any], tell: int) -> NoReturn:
    """Do the work of a job. Ends without what Python does at its end: the modules of the parent are none of its business."""
    code = 1
    try:
        log = os.open(Path(job["root"], "child.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ["SL_ROOT"] = job["root"]
        os.chdir(job["root"])
        if not job["point"]:
            TransactionWatch(Path(job["root"], "in_transaction"), tell, job["transaction"]).put_in_place()
        from sl_assets_tests.crash.loading import main  # noqa: PLC0415 - DuckDB, see above

        if not job["transaction"]:
            os.write(tell, b".")
        if job["point"]:
            sys.setprofile(PointWatch(job["point"], kill_me))
        main(job["arguments"])
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
        traceback.print_exc()
    finally:
        sys.setprofile(None)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    for module in PRELOADED:
        import_module(module)
    assert "duckdb" not in sys.modules
    gc.collect()
    gc.freeze()  # collections in the children leave the pages alone that they share with the server
    serve()
