"""`sl-assets migrate` and `sl-assets schema`."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from sl_assets.cli.main import main
from sl_assets.project import load_project

VALID = Path(__file__).parent.parent / "cases" / "valid"


@pytest.fixture
def old(tmp_path, monkeypatch):
    shutil.copytree(VALID / "bakery_old", tmp_path / "bakery")
    for name in ("SL_ENV", "SL_METADATA", "SL_DATASETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SL_ROOT", str(tmp_path / "bakery"))
    return tmp_path / "bakery"


def invoke(*arguments):
    return CliRunner(catch_exceptions=False).invoke(main, list(arguments))


def texts(root):
    return {path: path.read_text() for path in sorted(root.rglob("*.yml"))}


def test_migrate_shows_what_would_change_and_changes_nothing(old):
    before = texts(old)
    result = invoke("migrate")
    assert result.exit_code == 0
    assert '-  merge:\n-    key: ["customer_id"] # who' in result.output
    assert result.output.endswith("13 files would change: sl-assets migrate --write.\n")
    assert texts(old) == before


def test_migrate_writes_a_project_that_is_the_same_as_before(old):
    before = load_project(old, {})
    assert invoke("migrate", "--write").output == "13 files changed.\n"
    after = load_project(old, {})
    assert after == before
    assert [one for one in after.diagnostics if one.code == "SL114"] == []
    assert "nothing to change" in invoke("migrate", "--write").output


def test_a_file_that_has_to_be_changed_by_hand_is_told_and_the_others_are_written(old):
    (old / "metadata/load/starbake/products.sl.yml").write_text("table: {{x}}\n  {% if a %}\n")
    result = invoke("migrate", "--write")
    assert result.exit_code == 2
    assert "load/starbake/products.sl.yml  is no YAML before its templates are rendered" in result.output
    assert result.output.endswith("12 files changed.\n")


def test_migrate_without_a_project_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("SL_ROOT", str(tmp_path / "nothing"))
    assert invoke("migrate").exit_code == 2


def test_schema_prints_one_kind_or_all_of_them(tmp_path):
    assert json.loads(invoke("schema", "task").output)["$id"] == "urn:sl-assets:schema:task"
    assert set(json.loads(invoke("schema").output)["properties"]) >= {"application", "table", "task", "extract"}
    assert invoke("schema", "tabel").exit_code == 2


def test_schema_writes_a_file_for_each_kind(tmp_path):
    output = invoke("schema", "--output", str(tmp_path / "schemas")).output
    assert output.count(".schema.json\n") == 11
    assert json.loads((tmp_path / "schemas" / "table.schema.json").read_text())["definitions"]["Attribute"]["required"] == [
        "name"
    ]
