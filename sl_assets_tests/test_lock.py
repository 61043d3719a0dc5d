import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from sl_assets.lock import Holder, LockTimeoutError, file_lock, give_way, is_waited_for, waiting_for

HOLD = """
import sys, time
from datetime import timedelta
from pathlib import Path
from sl_assets.lock import file_lock
with file_lock(Path(sys.argv[1]), what="x", purpose="a long story", timeout=timedelta(0)):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder_process(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def take(path, seconds=0.0, on_wait=None):
    return file_lock(path, what="The thing", purpose="me", timeout=timedelta(seconds=seconds), on_wait=on_wait)


def test_a_free_lock_is_taken_and_given_back(tmp_path):
    with take(tmp_path / "lock"):
        pass
    with take(tmp_path / "lock"):
        pass


def test_the_one_who_waits_in_vain_is_told_who_holds_it_since_when(tmp_path, holder_process):
    with pytest.raises(LockTimeoutError) as caught, take(tmp_path / "lock", 0.2):
        pass
    assert f"The thing is held by process {holder_process.pid} (a long story) since 20" in str(caught.value)


def test_waiting_is_said_once(tmp_path, holder_process):
    told: list[Holder | None] = []
    with pytest.raises(LockTimeoutError), take(tmp_path / "lock", 1.2, told.append):
        pass
    assert [holder.pid for holder in told if holder] == [holder_process.pid]


def test_a_short_wait_is_not_said(tmp_path, holder_process):
    told: list[Holder | None] = []
    with pytest.raises(LockTimeoutError), take(tmp_path / "lock", 0.3, told.append):
        pass
    assert told == []


def test_a_killed_process_holds_nothing(tmp_path, holder_process):
    os.kill(holder_process.pid, signal.SIGKILL)
    holder_process.wait()
    with take(tmp_path / "lock"):
        pass


def test_two_threads_of_one_process_take_turns_too(tmp_path):
    with take(tmp_path / "lock"), pytest.raises(LockTimeoutError, match=f"process {os.getpid()}"), take(tmp_path / "lock"):
        pass


def test_the_lock_is_free_after_an_error_inside(tmp_path):
    with pytest.raises(RuntimeError), take(tmp_path / "lock"):
        raise RuntimeError
    with take(tmp_path / "lock"):
        pass


def test_the_holder_can_know_that_somebody_waits(tmp_path):
    lock = tmp_path / "lock"
    seen = []

    def wait():
        with take(lock, 20):
            seen.append(is_waited_for(lock))

    with take(lock):
        assert not is_waited_for(lock)
        thread = threading.Thread(target=wait)
        thread.start()
        deadline = time.monotonic() + 20
        while not is_waited_for(lock) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert is_waited_for(lock)
    thread.join()
    assert seen == [False]
    assert not is_waited_for(lock)


def test_who_gives_way_waits_until_nobody_waits_but_not_for_ever(tmp_path):
    lock = tmp_path / "lock"
    give_way(lock)
    with waiting_for(lock):
        began = time.monotonic()
        give_way(lock)
        assert time.monotonic() - began > 0.4


def test_where_nothing_may_be_written_nobody_is_told_and_waiting_works(tmp_path):
    with waiting_for(tmp_path / "no folder" / "lock"):
        assert not is_waited_for(tmp_path / "no folder" / "lock")
