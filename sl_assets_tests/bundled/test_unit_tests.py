"""The bundled project's own unit tests, run as its users run them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from sl_assets.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_tests_of_the_bakery_pass(monkeypatch):
    for name in ("SL_ENV", "SL_METADATA", "SL_DATASETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SL_ROOT", str(ROOT))
    result = CliRunner(catch_exceptions=False).invoke(main, ["test"])
    assert result.exit_code == 0, result.output
    assert "6 tests: 6 passed" in result.output
