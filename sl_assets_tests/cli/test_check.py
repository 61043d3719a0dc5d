"""`sl-assets check`: with the lines that are meant, in one line each, as JSON; warnings apart from errors."""

import json

import pytest

from sl_assets.spec.codes import CODES


@pytest.fixture
def mixed(shop, monkeypatch):
    """A project with an error and a warning; the working directory is its folder."""
    shop.table("goods", "id: lnog")
    shop.task("total", "SELECT\n\tcount(*) AS n\nFROM erp.fines")
    monkeypatch.chdir(shop.root)
    return shop


def test_in_full_each_finding_has_its_line_with_a_mark(mixed, invoke):
    result = invoke("check", "--full")
    assert result.exit_code == 2
    assert result.output.splitlines()[:15] == [
        "warning[SL301]: erp.fines: is made by nobody in this project; taken as an external table.",
        " --> config/transform/kpi/total.sql:3:6",
        "  |",
        "3 | FROM erp.fines",
        "  |      ^^^^^^^^^",
        "  = If it is made elsewhere, declare it in external/erp/fines.sl.yml.",
        "",
        'error[SL204]: attributes[id].type: "lnog" is an unknown type.',
        " --> config/load/shop/goods.sl.yml:6:24",
        "  |",
        "6 |     - {name: id, type: lnog}",
        "  |                        ^^^^",
        '  = Did you mean "long"?',
        result.output.splitlines()[13],
        "",
    ]
    assert result.output.splitlines()[13].startswith("  = Allowed: string, ")
    assert result.output.endswith("1 error, 1 warning.\n")
    assert "\x1b" not in result.output


def test_warnings_come_before_errors_and_do_not_fail(mixed, invoke):
    first, second, _ = invoke("check").output.splitlines()
    assert ("  warning  " in first, "  error  " in second) == (True, True)
    mixed.table("goods", "id: long")
    assert invoke("check").exit_code == 0


def test_strict_takes_warnings_for_errors(mixed, invoke):
    mixed.table("goods", "id: long")
    result = invoke("check", "--strict")
    assert result.exit_code == 2
    assert result.output.endswith("1 error, 0 warnings.\n")


def test_json_is_one_object_of_a_stable_shape(mixed, invoke):
    result = invoke("check", "--json")
    assert result.exit_code == 2
    answer = json.loads(result.output)
    assert answer["diagnostics"][1] == {
        "file": str(mixed.root / "config/transform/kpi/total.sql"),
        "line": 3,
        "column": 6,
        "endColumn": 15,
        "severity": "warning",
        "code": "SL301",
        "meaning": CODES["SL301"],
        "subject": "erp.fines",
        "message": "is made by nobody in this project; taken as an external table.",
        "hint": "If it is made elsewhere, declare it in external/erp/fines.sl.yml.",
    }
    assert {key: value for key, value in answer.items() if key != "diagnostics"} == {
        "version": 1,
        "ok": False,
        "counts": {"errors": 1, "warnings": 1},
        "project": {
            "name": "test",
            "root": str(mixed.root),
            "metadata": str(mixed.root / "config"),
            "tables": 1,
            "transforms": 1,
        },
        "warehouse": {
            "database": str(mixed.root / "datasets/warehouse.duckdb"),
            "compared": False,
            "files": None,
            "reason": "first the errors have to be corrected.",
        },
    }


def test_json_tells_a_folder_without_a_project_too(tmp_path, invoke, monkeypatch):
    monkeypatch.setenv("SL_ROOT", str(tmp_path / "nowhere"))
    result = invoke("check", "--json")
    answer = json.loads(result.output)
    assert (result.exit_code, answer["ok"], answer["project"]) == (2, False, None)
    (only,) = answer["diagnostics"]
    assert (only["code"], only["line"], only["column"], only["endColumn"]) == ("SL200", None, None, None)


def test_a_mistake_behind_a_template_is_marked_where_it_was_written(shop, invoke):
    shop.write(
        "config/load/shop/goods.sl.yml",
        "version: 1\ntable:\n  name: goods\n  pattern: g.*\n  attributes:\n"
        '    - {name: id, comment: "{{ SL_ROOT }} ${SL_METADATA}", type: lnog}\n',
    )
    told = invoke("check", "--full").output.splitlines()
    assert told[3:5] == [
        '6 |     - {name: id, comment: "{{ SL_ROOT }} ${SL_METADATA}", type: lnog}',
        "  |                                                                 ^^^^",
    ]
