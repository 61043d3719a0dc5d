"""One process, watched: its seconds as it says, and the peak memory of it and everything it starts."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

MB = 2**20
_PAUSE = 0.05  # seconds between two looks at the memory
_FAMILY_EVERY = 10  # looks, after which children are looked for again: that costs a walk through all processes


@dataclass(frozen=True)
class Turn:
    """What one contender did once. `peak` is resident memory in MB, `private` that part of it that maps no file.

    `processor`: seconds that all its threads worked; 0 where it does not say.

    `failure` is the last line the process wrote, when it failed; the other figures mean nothing then.
    """

    seconds: float = 0
    processor: float = 0
    peak: float = 0
    private: float = 0
    accepted: int | None = None
    rejected: int | None = None
    failure: str = ""


def take_turn(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Turn:
    """Run a contender; it prints one line of JSON with `seconds` and, if it knows them, `accepted` and `rejected`."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        environment = {**os.environ, **variables}
        process = subprocess.Popen(command, stdout=output, stderr=errors, cwd=folder, env=environment)
        try:
            code, peak, private = _watch(process)
        except BaseException:
            process.kill()
            raise
        output.seek(0)
        errors.seek(0)
        if code:
            return Turn(failure=_last_line(errors.read()) or f"ended with {signal.strsignal(-code) if code < 0 else code}")
        facts = json.loads(output.read().splitlines()[-1])
        busy = facts.get("processor", 0.0)
        return Turn(facts["seconds"], busy, peak, private, facts.get("accepted"), facts.get("rejected"))


def _watch(process: subprocess.Popen[bytes]) -> tuple[int, float, float]:
    """Exit code and MB. The kernel's own peak of the process counts too: a look every 50 ms may miss it."""
    family = [psutil.Process(process.pid)]
    peak = private = 0.0
    looks = 0
    while True:
        if looks % _FAMILY_EVERY == 0:
            family = [family[0], *_children(family[0])]
        sizes = [size for each in family if (size := _size(each)) is not None]
        peak = max(peak, sum(whole for whole, _ in sizes))
        private = max(private, sum(own for _, own in sizes))
        looks += 1
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            kernel = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            return process.returncode, max(peak, kernel) / MB, private / MB
        time.sleep(_PAUSE)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _size(process: psutil.Process) -> tuple[int, int] | None:
    try:
        memory = process.memory_info()
    except psutil.Error:
        return None
    return memory.rss, memory.rss - getattr(memory, "shared", 0)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
