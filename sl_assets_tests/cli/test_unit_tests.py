"""`sl-assets test`: a readable diff, the exit code, coverage, and a report for CI."""

from xml.etree import ElementTree as ET

import pytest

GOOD, BAD = "config/tests/transform/kpi/total/good", "config/tests/load/shop/goods/bad"


@pytest.fixture
def tested(shop):
    shop.table("goods", "id: long!, label: string", "primaryKey: [id]")
    shop.table("others", "id: long")
    shop.task("total", "SELECT count(*) AS n FROM shop.goods")
    shop.write(f"{GOOD}/shop.goods.csv", "id\n1\n2\n")
    shop.write(f"{GOOD}/_expected.csv", "n\n2\n")
    shop.write(f"{BAD}/_incoming.goods1.csv", "id,label\n1,a\n2,\x1b[31m\nx,y\n")
    shop.write(f"{BAD}/_expected.csv", "id,label\n1,b\n3,c\n")
    return shop


def lines(result):
    return [" ".join(line.split()) for line in result.output.splitlines()]


def test_what_is_not_as_expected_is_shown_row_by_row_and_cell_by_cell(tested, invoke):
    result = invoke("test")
    assert result.exit_code == 1
    told = lines(result)
    assert told[0].startswith("✗ load shop.goods bad")
    assert told[1:8] == [
        "_expected.csv: of 2 expected and 2 found rows: 1 missing, 1 unexpected, 1 changed",
        "id label",
        "~ 1 b → a",
        "+ 2 \\x1b[31m",
        "- 3 c",
        "1 of 3 records were rejected:",
        "goods1.csv:4 `id` (long) doesn't match pattern `-?\\d+`",
    ]
    assert told[8].startswith("✓ transform kpi.total good")
    assert told[10].startswith("2 tests: 1 passed, 1 failed")
    assert told[11:] == ["1 of 2 tables has tests; without: shop.others.", "1 of 1 transform has tests."]


def test_all_passed_is_zero_and_nothing_to_run_is_two(tested, invoke):
    assert invoke("test", "--select", "kpi").exit_code == 0
    nobody = invoke("test", "--select", "nobody")
    assert (nobody.exit_code, nobody.output) == (2, "No test is called nobody. There are tests of shop.goods, kpi.total.\n")


def test_a_project_with_errors_or_without_tests_is_two(shop, invoke):
    result = invoke("test")
    assert (result.exit_code, result.output.startswith("There is no test in ")) == (2, True)
    shop.table("goods", "id: lnog")
    assert invoke("test").exit_code == 2


@pytest.mark.slow
def test_the_report_for_ci_is_junit_xml(tested, invoke, tmp_path):
    tested.write("config/tests/load/shop/others/empty/readme.md", "")
    result = invoke("test", "--junit", str(tmp_path / "reports" / "junit.xml"))
    assert result.exit_code == 1
    top = ET.parse(tmp_path / "reports" / "junit.xml").getroot()  # noqa: S314 - our own
    assert (top.get("tests"), top.get("failures"), top.get("errors")) == ("3", "1", "1")
    suites = {suite.get("name"): suite for suite in top}
    assert list(suites) == ["load.shop.goods", "load.shop.others", "transform.kpi.total"]
    failure = suites["load.shop.goods"].find("testcase[@name='bad']/failure")
    assert failure is not None
    assert failure.get("message", "").startswith("_expected.csv: of 2 expected")
    assert (failure.text or "").splitlines()[1:3] == ["~ id=1, label=b → a", "+ id=2, label=\N{REPLACEMENT CHARACTER}[31m"]
    assert suites["load.shop.others"].find("testcase/error") is not None
    assert list(suites["transform.kpi.total"].iterfind("testcase/*")) == []
