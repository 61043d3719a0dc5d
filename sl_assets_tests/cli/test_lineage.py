"""`sl-assets lineage`: trees, JSON and Mermaid, of tables and columns."""

import json

import pytest


@pytest.fixture
def goods(shop):
    shop.table("goods", "id: long!, label: string, price: decimal")
    shop.task("dear", "SELECT id, price * 2 AS price FROM shop.goods WHERE price > 1")
    shop.task("joined", "SELECT d.id, d.price, e.rate FROM kpi.dear AS d JOIN erp.rates AS e ON e.id = d.id")
    shop.task("last", "SELECT * FROM kpi.joined JOIN shop.goods USING (id)")
    shop.task("open", "SELECT * FROM erp.rates")
    return shop


def test_without_a_name_every_table_is_listed_after_what_it_reads(goods, invoke):
    assert invoke("lineage").output.splitlines() == [
        "shop.goods  load",
        "kpi.dear  transform  reads shop.goods",
        "kpi.open  transform  reads erp.rates",
        "kpi.joined  transform  reads kpi.dear, erp.rates",
        "kpi.last  transform  reads kpi.joined, shop.goods",
    ]


def test_a_table_is_a_tree_of_what_it_is_made_of_and_of_what_is_made_of_it(goods, invoke):
    assert invoke("lineage", "KPI.Joined").output.splitlines() == [
        "kpi.joined  transform  is made of",
        "├── kpi.dear  transform",
        "│   └── shop.goods  load",
        "└── erp.rates  external",
        "kpi.joined  transform  is used by",
        "└── kpi.last  transform",
    ]


def test_columns_say_what_they_come_from_and_where_they_cannot_it_is_said(goods, invoke):
    output = invoke("lineage", "kpi.dear", "--columns", "--downstream", "0").output
    assert "├── price  from shop.goods.price\n" in output
    assert "    ├── label  from label of the file\n" in output
    gap = "* cannot be written out, because not all columns of rates are known"
    assert f"└── to the table only: {gap}" in invoke("lineage", "kpi.open", "--columns", "--upstream", "0").output


def test_steps_are_counted_and_where_it_goes_on_there_are_dots(goods, invoke):
    output = invoke("lineage", "kpi.last", "--upstream", "1").output
    assert output.splitlines() == [
        "kpi.last  transform  is made of",
        "├── kpi.joined  transform  ...",
        "└── shop.goods  load",
    ]


def test_json_has_tables_columns_and_gaps(goods, invoke):
    tables = {each["table"]: each for each in json.loads(invoke("lineage", "--json", "--columns").output)["tables"]}
    assert tables["kpi.joined"]["reads"] == ["kpi.dear", "erp.rates"]
    assert tables["kpi.joined"]["columns"][2] == {
        "name": "rate",
        "type": None,
        "from": [{"table": "erp.rates", "column": "rate", "path": None}],
    }
    assert [column["name"] for column in tables["kpi.last"]["columns"]] == ["id", "price", "rate", "label", "price_1"]
    assert tables["shop.goods"]["columns"][0] == {"name": "id", "type": "BIGINT", "from": [], "attributes": ["id"]}
    assert not tables["kpi.open"]["complete"]
    assert tables["erp.rates"] == {"table": "erp.rates", "kind": "external", "reads": []}
    assert "columns" not in json.loads(invoke("lineage", "--json").output)["tables"][0]


def test_mermaid_has_a_box_for_each_table_and_for_each_column(goods, invoke):
    assert invoke("lineage", "kpi.dear", "--mermaid", "--downstream", "0").output.splitlines() == [
        "flowchart LR",
        '    t0[("shop.goods")]',
        '    t1["kpi.dear"]',
        "    t0 --> t1",
    ]
    assert invoke("lineage", "kpi.dear", "--mermaid", "--columns", "--downstream", "0").output.splitlines() == [
        "flowchart LR",
        '    subgraph t0["shop.goods"]',
        '        t0c0["id"]',
        '        t0c1["label"]',
        '        t0c2["price"]',
        "    end",
        '    subgraph t1["kpi.dear"]',
        '        t1c0["id"]',
        '        t1c1["price"]',
        "    end",
        "    t0c0 --> t1c0",
        "    t0c2 --> t1c1",
    ]


def test_a_name_that_is_nothing_is_told_with_what_is_near(goods, invoke):
    result = invoke("lineage", "kpi.deer")
    assert result.exit_code == 2
    assert "Did you mean kpi.dear" in result.output
    assert invoke("lineage", "--json", "--mermaid").exit_code == 2
