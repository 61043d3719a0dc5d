import pytest
from click.testing import CliRunner

from sl_assets.cli.main import main
from sl_assets_tests.orchestration.revisions import read_revisions_once

read_revisions_once()


@pytest.fixture
def invoke(shop, monkeypatch):
    """The command in this process on the `shop` project, with a history of its own: `invoke("run").exit_code`."""
    for name in ("DAGSTER_HOME", "FORCE_COLOR", "NO_COLOR", "SL_ENV", "SL_METADATA", "SL_DATASETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SL_ROOT", str(shop.root))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.delenv("DAGSTER_HOME", raising=False)
        return CliRunner(catch_exceptions=False).invoke(main, list(arguments))

    return run
