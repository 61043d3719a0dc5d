"""What every kind of mistake is told as: the golden files `cases/diagnostics/<case>/expected.txt`.

`REWRITE_CASES=1 pytest sl_assets_tests/project/test_diagnostics.py` writes them anew; read the difference before keeping it.
"""

import os
from pathlib import Path

import pytest

from sl_assets.project import load_project
from sl_assets.spec.codes import CODES

CASES = Path(__file__).parent.parent / "cases" / "diagnostics"


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_a_project_is_told_all_its_mistakes_at_once(case: str) -> None:
    root = CASES / case
    found = "".join(f"{one}\n" for one in load_project(root, {}).diagnostics).replace(f"{root}{os.sep}", "")
    golden = root / "expected.txt"
    if os.environ.get("REWRITE_CASES"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_every_case_has_its_golden_file_and_every_mistake_is_in_a_case() -> None:
    told = "".join(path.read_text(encoding="utf-8") for path in CASES.glob("*/expected.txt"))
    without_case = {"SL100", "SL200", "SL222", "SL223", "SL226", *(code for code in CODES if code.startswith("SL4"))}
    assert {code for code in CODES if f"[{code}]" not in told} == without_case
