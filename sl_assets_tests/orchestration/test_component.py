"""A project as a Dagster component: what `dg scaffold` writes, what `defs.yaml` may say, and `dg` itself in a workspace."""

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import yaml
from dagster.components.testing.utils import create_defs_folder_sandbox

import sl_assets
from sl_assets import SlProjectComponent
from sl_assets.orchestration.translator import Translator
from sl_assets.project import load_project
from sl_assets.spec.diagnostic import ProjectError
from sl_assets_tests.crash.warm_command import warm_command
from sl_assets_tests.orchestration.dagster_project import QUIET
from sl_assets_tests.ui.server import START_SECONDS, Server, free_port, kill_group, wait_for

# Dagster's own reader of defs.yaml calls what is deprecated, and copies definitions, which warns of what is "beta" in them again.
pytestmark = [
    pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
]

BIN = Path(sys.executable).parent
PYPROJECT = """
[project]
name = "shop-site"
version = "0.1.0"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "shop_site"
"""
DEFINITIONS = """
from pathlib import Path

import dagster as dg


@dg.definitions
def defs():
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


class Gold(Translator):
    def get_asset_spec(self, node):
        return super().get_asset_spec(node).merge_attributes(tags={"layer": "gold"})


class GoldComponent(SlProjectComponent):
    translator_class = Gold


@pytest.fixture
def sandbox():
    with create_defs_folder_sandbox() as made:
        yield made


def starter(sandbox, attributes=None, component=SlProjectComponent):
    """The definitions of the starter project under a defs.yaml with these attributes."""
    path = sandbox.scaffold_component(component_cls=SlProjectComponent, scaffold_params={"starter": True})
    written = yaml.safe_load((path / "defs.yaml").read_text())
    assert written == {"type": "sl_assets.orchestration.component.SlProjectComponent", "attributes": {"project": "project"}}
    written["attributes"].update(attributes or {})
    written["type"] = f"{component.__module__}.{component.__name__}"
    post = written["attributes"].pop("post_processing", None)
    (path / "defs.yaml").write_text(yaml.safe_dump({**written, **({"post_processing": post} if post else {})}))
    with sandbox.load_component_and_build_defs(defs_path=path) as (_, defs):
        return path, defs


def specs_of(defs):
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


@pytest.mark.slow
def test_what_is_scaffolded_loads_and_runs(sandbox):
    path, defs = starter(sandbox)
    assert set(specs_of(defs)) == {"shop/landing", "shop/import", "shop/orders", "kpi/revenue"}
    with dg.instance_for_test() as instance:
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(instance=instance, run_config=QUIET)
    assert result.success
    with duckdb.connect(path / "project/datasets/warehouse.duckdb", read_only=True) as connection:
        assert connection.execute("select count(*), sum(revenue)::DOUBLE from kpi.revenue").fetchall() == [
            (2, pytest.approx(50.7))
        ]


def test_the_starter_has_nothing_to_find_fault_with(sandbox):
    path, _ = starter(sandbox)
    assert load_project(path / "project", {}).diagnostics == ()


def test_a_starter_leaves_alone_what_is_there(sandbox):
    path, _ = starter(sandbox)
    mine = path / "project/config/transform/kpi/revenue.sql"
    mine.write_text("select 1 as one\n")
    (path / "defs.yaml").unlink()
    again = sandbox.scaffold_component(
        component_cls=SlProjectComponent, defs_path=path.relative_to(sandbox.defs_folder_path), scaffold_params={"starter": True}
    )
    assert again == path
    assert mine.read_text() == "select 1 as one\n"


def test_translation_changes_what_an_asset_shows_and_its_key_wherever_it_is_named(sandbox):
    _, defs = starter(
        sandbox,
        {
            "translation": {
                "key": "lake/{{ domain }}/{{ table }}",
                "group_name": "{{ 'raw' if kind == 'load' else domain }}",
                "tags": {"source": "{{ spec.key.path[0] }}"},
                "owners": ["team:shop"],
                "description": "{{ kind }}: {{ spec.description }}",
                "kinds": ["duckdb", "lake"],
            }
        },
    )
    specs = specs_of(defs)
    assert set(specs) == {"lake/shop/landing", "lake/shop/import", "lake/shop/orders", "lake/kpi/revenue"}
    orders, revenue = specs["lake/shop/orders"], specs["lake/kpi/revenue"]
    assert [dep.asset_key.to_user_string() for dep in revenue.deps] == ["lake/shop/orders"]
    assert [dep.asset_key.to_user_string() for dep in orders.deps] == ["lake/shop/import"]
    assert (orders.group_name, revenue.group_name) == ("raw", "kpi")
    assert orders.tags["source"] == "shop"
    assert orders.owners == ["team:shop"]
    assert orders.description == "load: What customers ordered"
    assert orders.kinds == {"duckdb", "lake"}


def test_translation_may_set_the_automation(sandbox):
    _, defs = starter(sandbox, {"translation": {"automation_condition": "{{ dg.AutomationCondition.on_cron('@daily') }}"}})
    assert specs_of(defs)["kpi/revenue"].automation_condition == dg.AutomationCondition.on_cron("@daily")


def test_dagsters_own_post_processing_works_on_its_assets(sandbox):
    attributes = {"tags": {"tier": "one"}}
    target = {"assets": [{"target": 'key:"kpi/revenue"', "attributes": attributes}]}
    _, defs = starter(sandbox, {"post_processing": target})
    specs = specs_of(defs)
    assert specs["kpi/revenue"].tags["tier"] == "one"
    assert "tier" not in specs["shop/orders"].tags


def test_a_subclass_brings_its_own_translator(sandbox):
    _, defs = starter(sandbox, {"translation": {"tags": {"more": "yes"}}}, GoldComponent)
    assert specs_of(defs)["kpi/revenue"].tags.items() >= {"layer": "gold", "more": "yes"}.items()


def test_environ_is_what_the_project_is_read_with(sandbox, monkeypatch):
    monkeypatch.setenv("SL_DATASETS", "/nowhere")
    path, defs = starter(sandbox, {"environ": {"SL_DATASETS": "elsewhere"}})
    landing = specs_of(defs)["shop/landing"].metadata["path"].value
    assert landing == str(path / "project/elsewhere/incoming/shop")


def test_a_missing_project_is_told_with_its_folder(sandbox):
    path = sandbox.scaffold_component(component_cls=SlProjectComponent, scaffold_params={"project": "gone"})
    with pytest.raises(Exception, match="Error while building") as caught, sandbox.load_component_and_build_defs(defs_path=path):
        pass
    cause = caught.value.__cause__
    assert isinstance(cause, ProjectError)
    assert f"{path}/gone" in str(cause)


def test_a_starter_cannot_be_written_to_a_folder_that_is_not_known_yet(sandbox):
    with pytest.raises(ValueError, match="known only when definitions are loaded"):
        sandbox.scaffold_component(
            component_cls=SlProjectComponent, scaffold_params={"project": "{{ env.HOME }}/shop", "starter": True}
        )


def test_the_package_tells_dg_of_its_component_without_importing_dagster():
    code = "import sys, sl_assets; assert 'SlProjectComponent' in dir(sl_assets); assert 'dagster' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert sl_assets.SlProjectComponent is SlProjectComponent


@dataclass(frozen=True)
class Workspace:
    """A dg project, and the environment of its user."""

    root: Path
    environ: dict[str, str]

    def dg(self, *arguments):
        """What a command of `dg` prints; it has to succeed."""
        done = subprocess.run(
            ["dg", *arguments],
            cwd=self.root,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def workspace(tmp_path):
    """A dg project with nothing in it. Its `dg` has read Dagster before it is called."""
    root = tmp_path / "shop-site"
    (root / "src/shop_site/defs").mkdir(parents=True)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "src/shop_site/__init__.py").touch()
    (root / "src/shop_site/definitions.py").write_text(DEFINITIONS)
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    warm = tmp_path / "warm"
    warm.mkdir()
    warm_command("dg").script(warm / "dg")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SL_", "DAGSTER", "COV_"))}
    environ = {
        **kept,
        "PATH": os.pathsep.join((str(warm), str(BIN), kept["PATH"])),
        "PYTHONPATH": str(root / "src"),
        "DAGSTER_HOME": str(home),
        "COLUMNS": "200",
        "HOME": str(tmp_path),  # where dg keeps its own configuration
    }

    return Workspace(root, environ)


@pytest.mark.slow
def test_dg_scaffolds_checks_lists_and_launches(workspace):
    assert "sl_assets.SlProjectComponent" in workspace.dg("list", "components")
    workspace.dg("scaffold", "defs", "sl_assets.SlProjectComponent", "shop", "--starter", "true")
    folder = workspace.root / "src/shop_site/defs/shop"
    assert yaml.safe_load((folder / "defs.yaml").read_text()) == {
        "type": "sl_assets.SlProjectComponent",
        "attributes": {"project": "project"},
    }
    assert "All component YAML validated successfully" in workspace.dg("check", "yaml")
    assert "All definitions loaded successfully" in workspace.dg("check", "defs")
    listed = workspace.dg("list", "defs")
    assert all(name in listed for name in ("shop/orders", "kpi/revenue", "automation", "warehouse"))
    workspace.dg("launch", "--assets", "*")
    with duckdb.connect(folder / "project/datasets/warehouse.duckdb", read_only=True) as connection:
        assert connection.execute("select count(*) from kpi.revenue").fetchall() == [(2,)]


@pytest.mark.slow
def test_dg_points_at_a_project_that_is_there_and_tells_a_wrong_key_by_its_line(workspace, shop):
    shop.table("goods", "id: long!")
    workspace.dg("scaffold", "defs", "sl_assets.SlProjectComponent", "goods", "--project", str(shop.root))
    assert "shop/goods" in workspace.dg("list", "defs")
    file = workspace.root / "src/shop_site/defs/goods/defs.yaml"
    file.write_text(f"type: sl_assets.SlProjectComponent\nattributes:\n  project: {shop.root}\n  projekt: x\n")
    with pytest.raises(AssertionError, match=r"defs\.yaml:4"):
        workspace.dg("check", "yaml")


@pytest.mark.slow
def test_dg_dev_serves_the_assets(workspace, tmp_path):
    workspace.dg("scaffold", "defs", "sl_assets.SlProjectComponent", "shop", "--starter", "true")
    port = free_port()
    server = Server(workspace.root, f"http://127.0.0.1:{port}", tmp_path / "dev.log")
    command = [str(BIN / "dg"), "dev", "--host", "127.0.0.1", "--port", str(port)]
    with (
        server.log.open("ab") as log,
        subprocess.Popen(
            command, cwd=workspace.root, env=workspace.environ, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            names = wait_for(lambda: served_assets(server, process), START_SECONDS, "dg dev to serve the assets")
        finally:
            kill_group(process)
    assert names == {"shop/landing", "shop/import", "shop/orders", "kpi/revenue"}


def served_assets(server, process):
    """The assets a webserver knows by now."""
    assert process.poll() is None, server.log.read_text()
    with suppress(OSError):
        nodes = server.ask("{ assetNodes { assetKey { path } } }")["assetNodes"]
        return {"/".join(node["assetKey"]["path"]) for node in nodes}
    return set()
