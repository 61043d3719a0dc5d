"""`sl-assets init`: a project that has nothing wrong with it, whose editors know its schemas, and that destroys nothing."""

import json
import re

from click.testing import CliRunner

from sl_assets.cli.main import main
from sl_assets.steps.unit_tests.cases import find_cases
from sl_assets.steps.unit_tests.run import run_case, sandbox
from sl_assets_tests.shop import Shop


def init(folder):
    return CliRunner(catch_exceptions=False).invoke(main, ["init", str(folder)])


class Started(Shop):
    """A project that `init` wrote."""

    def __init__(self, root):
        self.root = root


def test_it_has_nothing_to_find_fault_with_and_its_test_passes(tmp_path):
    result = init(tmp_path / "my shop")
    assert result.exit_code == 0
    assert result.output.endswith(f"Next: cd '{tmp_path}/my shop' && sl-assets run\n")
    project = Started(tmp_path / "my shop").project()
    assert (list(map(str, project.tables)), list(map(str, project.tasks))) == (["shop.orders"], ["kpi.revenue"])
    assert project.diagnostics == ()
    (case,) = find_cases(project)
    with sandbox(project) as box:
        assert run_case(case, box).passed


def test_every_yaml_file_names_its_schema(tmp_path):
    init(tmp_path / "new")
    files = sorted((tmp_path / "new" / "config").rglob("*.sl.yml"))
    kinds = {}
    for file in files:
        found = re.match(r"# yaml-language-server: \$schema=(\S+)\nversion: 1\n(\w+):", file.read_text(encoding="utf-8"))
        assert found is not None, file
        schema = json.loads((file.parent / found[1]).read_text(encoding="utf-8"))
        assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
        assert found[2] in schema["properties"]
        kinds[file.name] = found[2]
    assert kinds == {
        "application.sl.yml": "application",
        "_config.sl.yml": "load",
        "orders.sl.yml": "table",
        "revenue.sl.yml": "task",
    }


def test_a_folder_with_a_project_or_such_a_file_is_left_alone(tmp_path):
    for name in ("metadata/application.sl.yml", "config/load/shop/orders.sl.yml"):
        folder = tmp_path / name.partition("/")[0]
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("mine", encoding="utf-8")
        result = init(folder)
        assert (result.exit_code, result.output) == (1, f"{folder / name} is there already; nothing was written.\n")
        assert [path for path in folder.rglob("*") if path.is_file()] == [folder / name]
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert init(tmp_path / "file" / "below").exit_code == 1
