"""Projects with anything wrong in them: `check` tells it, and neither breaks nor hangs.

`FUZZ_EXAMPLES=5000 pytest sl_assets_tests/project/test_fuzz.py` looks longer.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sl_assets.project import load_project
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.steps.check import check_rules

CASES = Path(__file__).parent.parent / "cases"
PROJECTS = ("valid/everything", "valid/bakery", "valid/bakery_old", "valid/quickstart_bigquery")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))
LONGEST = 60
ENVIRONMENT = {"SL_PRIVACY_KEY": "a key of thirty-two characters, and more", "SL_CACHE": "off"}
ODD = ["\u2028", "\u00a0", "\ufeff", "\x07", "\x00", "\n", ""]
TOKENS = st.sampled_from([*(CASES / "fuzz_tokens.txt").read_text(encoding="utf-8").splitlines(), *ODD])


class HangError(Exception):
    pass


@contextmanager
def limit(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@st.composite
def mutations(draw: st.DrawFn, text: str) -> str:
    """A text with a few things done to it that people, editors and merges do."""
    for _ in range(draw(st.integers(1, 4))):
        at, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        lines = text.splitlines(keepends=True)
        line = draw(st.integers(0, max(len(lines) - 1, 0)))
        match draw(st.integers(0, 7)):
            case 0:
                text = text[:at] + draw(TOKENS) + text[at:]
            case 1:
                text = text[:at] + text[min(end, at + 12) :]
            case 2 if lines:
                text = "".join([*lines[:line], *lines[line + 1 :]])
            case 3 if lines:
                text = "".join([*lines[:line], lines[line], *lines[line:]])
            case 4 if lines:
                text = "".join([*lines[:line], draw(st.sampled_from(["  ", " ", "\t", "- "])) + lines[line], *lines[line + 1 :]])
            case 5 if ": " in (lines[line] if lines else ""):
                key = lines[line].split(": ", 1)[0]
                text = "".join([*lines[:line], f"{key}: {draw(TOKENS)}\n", *lines[line + 1 :]])
            case 6 if lines:
                other = draw(st.integers(0, len(lines) - 1))
                lines[line], lines[other] = lines[other], lines[line]
                text = "".join(lines)
            case _:
                text = text[:at] + draw(st.text(max_size=4)) + text[at:]
    return text


@pytest.mark.slow
@pytest.mark.parametrize("name", PROJECTS)
def test_whatever_is_done_to_the_files_of_a_project_is_told(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("fuzz") / "project"
    shutil.copytree(CASES / name, root)
    files = sorted(path for path in (root / "metadata").rglob("*") if path.is_file())

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        chosen = data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=2, unique=True))
        before = {file: file.read_bytes() for file in chosen}
        try:
            for file in chosen:
                text = data.draw(mutations(before[file].decode("utf-8")))
                file.write_bytes(text.encode("utf-8", "surrogatepass"))
            with limit(LONGEST):
                check_rules(load_project(root, ENVIRONMENT))
        except ProjectError:
            pass  # told: there is no project
        finally:
            for file, content in before.items():
                file.write_bytes(content)

    run()
