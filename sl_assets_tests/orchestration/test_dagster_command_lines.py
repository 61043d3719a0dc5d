"""Dagster's own command lines build partitions too: a range of a load, one partition of anything."""

import os
import subprocess

import pytest

from sl_assets_tests.crash.warm_command import warm_command
from sl_assets_tests.orchestration.test_backfill import DAYS, LOAD, PER, land

pytestmark = pytest.mark.slow

PROJECT = """
[project]
name = "shop"
version = "0"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "shop"
code_location_target_module = "sl_assets.definitions"
"""
COMMANDS = {
    "dg launch": ["dg", "launch", "--assets"],
    "dagster asset materialize": ["dagster", "asset", "materialize", "-m", "sl_assets.definitions", "--select"],
}


@pytest.fixture
def launched(shop, tmp_path):
    """Runs a command line in the folder of a shop with ten days of sales."""
    shop.table("sales", "id: long!, sold_at: timestamp!, amount: long!", LOAD, pattern=r"sales_\d{8}\.json")
    shop.task("per_day", PER.format(unit="day"), "partitions: {grain: daily, start: 2026-01-01, end: 2026-03-01, column: day}")
    shop.write("pyproject.toml", PROJECT)
    for day in DAYS:
        land(shop, day, int(day[-2:]))
    home = tmp_path / "home"
    home.mkdir()

    def run(command, *arguments):
        program, *options = COMMANDS[command]
        warm_command(program).script(tmp_path / program)
        return subprocess.run(
            [str(tmp_path / program), *options, *arguments],
            cwd=shop.root,
            env={**os.environ, "SL_ROOT": str(shop.root), "DAGSTER_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_a_range_of_a_load_then_a_partition_of_what_is_made_of_it(shop, launched, command):
    result = launched(command, 'key:"shop/sales"', "--partition-range", "2026-01-02...2026-01-04")
    assert result.returncode == 0, result.stderr
    assert shop.rows("SELECT sold_at::DATE::VARCHAR, amount FROM shop.sales ORDER BY 1") == [(DAYS[n], n + 1) for n in (1, 2, 3)]
    result = launched(command, 'key:"kpi/per_day"', "--partition", "2026-01-03")
    assert result.returncode == 0, result.stderr
    assert shop.rows("SELECT day::VARCHAR, amount FROM kpi.per_day") == [("2026-01-03", 3)]


def test_a_range_of_a_transform_is_refused_with_dagsters_words(launched):
    result = launched("dagster asset materialize", 'key:"kpi/per_day"', "--partition-range", "2026-01-02...2026-01-04")
    assert result.returncode != 0
    assert "BackfillPolicy.single_run()" in result.stderr
