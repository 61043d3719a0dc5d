"""Two projects in one Dagster, each a code location, as docs/operations.md has it."""

import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget

from sl_assets_tests.orchestration.dagster_project import persistent_instance
from sl_assets_tests.shop import Shop

pytestmark = pytest.mark.slow

WORKSPACE = """
load_from:
  - python_file: {relative_path: bakery/definitions.py, location_name: bakery}
  - python_file: {relative_path: garage/definitions.py, location_name: garage}
"""
DEFINITIONS = (
    "from pathlib import Path\n\nfrom sl_assets import build_definitions\n\ndefs = build_definitions(Path(__file__).parent)\n"
)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.delenv("SL_ROOT", raising=False)
    for name, table in (("bakery", "bread"), ("garage", "tyres")):
        project = Shop(tmp_path / name)
        project.write("definitions.py", DEFINITIONS)
        project.write(
            f"config/load/{name}/_config.sl.yml", f'version: 1\nload: {{metadata: {{directory: "{{{{SL_INCOMING}}}}/{name}"}}}}\n'
        )
        (tmp_path / name / "config/load/shop/_config.sl.yml").unlink()
        project.write(
            f"config/load/{name}/{table}.sl.yml",
            f"version: 1\ntable:\n  name: {table}\n  pattern: {table}.*\n  attributes: [{{name: id, type: long}}]\n",
        )
    file = tmp_path / "workspace.yaml"
    file.write_text(WORKSPACE, encoding="utf-8")
    with (
        persistent_instance(tmp_path / "home") as instance,
        WorkspaceProcessContext(instance, WorkspaceFileTarget([str(file)])) as process,
    ):
        yield process.create_request_context()


def test_each_project_is_a_code_location_with_its_own_assets_and_sensors(workspace):
    errors = {entry.origin.location_name: entry.load_error for entry in workspace.get_code_location_entries().values()}
    assert errors == {"bakery": None, "garage": None}
    found = {}
    for location in workspace.code_locations:
        (repository,) = location.get_repositories().values()
        assets = {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()}
        found[location.name] = (assets, {sensor.name for sensor in repository.get_sensors()})
    assert found == {
        "bakery": ({"bakery/landing", "bakery/import", "bakery/bread"}, {"automation", "bakery__arrivals"}),
        "garage": ({"garage/landing", "garage/import", "garage/tyres"}, {"automation", "garage__arrivals"}),
    }
