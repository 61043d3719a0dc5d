"""What people see of a run: the first rows, private values hidden, and a picture of the runs before."""

import base64
import xml.etree.ElementTree as ET

import dagster as dg
import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.metadata import glance_metadata
from sl_assets.orchestration.plot import bar_chart
from sl_assets.steps.reports import Glance

SVG = "{http://www.w3.org/2000/svg}"
DAILY = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""


def latest(dagster, name, partition=None):
    """The metadata values of the latest materialization, as Dagster's objects."""
    filters = dg.AssetRecordsFilter(dg.AssetKey(name.split("/")), asset_partitions=[partition] if partition else None)
    return dagster.instance.fetch_materializations(filters, limit=1).records[0].asset_materialization.metadata


def drawing(markdown):
    """The SVG in the Markdown of a chart."""
    head, data = markdown.removesuffix(")").split("(data:image/svg+xml;base64,")
    assert head.startswith("![")
    return ET.fromstring(base64.b64decode(data))  # noqa: S314 - our own


@pytest.mark.slow
def test_the_first_rows_of_a_load_are_shown_with_the_types_of_the_warehouse(shop, dagster):
    shop.table("goods", "id: long!, label: string, price: decimal")
    shop.land("goods_1.csv", "id,label,price\n" + "".join(f"{n},g{n},{n}.5\n" for n in range(1, 20)) + "20,,\n")
    assert dagster.run("shop/goods").success
    preview = latest(dagster, "shop/goods")["preview"]
    assert [(column.name, column.type) for column in preview.schema.columns] == [
        ("id", "BIGINT"),
        ("label", "VARCHAR"),
        ("price", "DECIMAL(38,9)"),
    ]
    assert len(preview.records) == 10
    assert preview.records[0].data == {"id": "1", "label": "g1", "price": "1.500000000"}


@pytest.mark.slow
def test_nulls_are_empty_and_long_values_are_cut(shop, dagster):
    shop.table("goods", "id: long!, label: string")
    shop.land("goods_1.csv", f"id,label\n1,\n2,{'x' * 500}\n")
    assert dagster.run("shop/goods").success
    labels = [record.data["label"] for record in latest(dagster, "shop/goods")["preview"].records]
    assert labels == ["", "x" * 79 + "…"]


@pytest.mark.slow
def test_no_private_value_is_shown_not_even_its_hash(shop, dagster):
    shop.write(
        "config/load/shop/people.sl.yml",
        "version: 1\ntable:\n  name: people\n  pattern: people.*\n  attributes:\n"
        "    - {name: id, type: long}\n    - {name: email, type: string, privacy: MD5}\n",
    )
    shop.land("people_1.csv", "id,email\n1,ann@example.org\n2,\n")
    assert dagster.run("shop/people").success
    emails = [record.data["email"] for record in latest(dagster, "shop/people")["preview"].records]
    assert emails == ["(private)", ""]
    [(stored,), _] = shop.rows("select email from shop.people")
    assert len(stored) == 32
    schema = build_definitions(shop.project()).resolve_asset_graph().get(dg.AssetKey(["shop", "people"]))
    columns = {column.name: column for column in schema.metadata["dagster/column_schema"].columns}
    assert columns["email"].constraints.other == ["private (MD5)"]


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "shown"), [(0, None), (3, 3)])
def test_a_project_says_how_many_rows_are_shown(shop, dagster, rows, shown):
    application = (shop.root / "config/application.sl.yml").read_text()
    shop.write("config/application.sl.yml", f"{application}  previewRows: {rows}\n")
    shop.table("goods", "id: long!")
    shop.land("goods_1.csv", "id\n1\n2\n3\n4\n")
    assert dagster.run("shop/goods").success
    preview = latest(dagster, "shop/goods").get("preview")
    assert (len(preview.records) if preview else None) == shown


@pytest.mark.slow
def test_a_second_load_is_drawn_beside_the_first_with_what_was_rejected(shop, dagster):
    shop.table("goods", "id: long!")
    shop.land("goods_1.csv", "id\n1\n2\n3\n")
    dagster.run("shop/goods")
    assert "recent_loads" not in latest(dagster, "shop/goods")  # one bar tells no more than its number
    shop.land("goods_2.csv", "id\n4\nfive\n")
    dagster.run("shop/goods")
    picture = drawing(latest(dagster, "shop/goods")["recent_loads"].value)
    tips = [title.text.partition(": ")[2] for title in picture.iter(f"{SVG}title")]
    assert tips == ["3 rows, 0 rejected", "1 rows, 1 rejected"]
    assert "rejected: 1 of 5 (20.00%)" in [text.text for text in picture.iter(f"{SVG}text")]


@pytest.mark.slow
def test_a_partition_is_shown_by_its_own_rows_beside_the_other_partitions(shop, dagster):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    for day in (5, 6):
        shop.land(f"sales_2026010{day}.json", f'{{"id": {day}, "sold_at": "2026-01-0{day} 10:00:00"}}\n')
    for day in (5, 6):
        assert dagster.run("shop/sales", partition=f"2026-01-0{day}").success
    metadata = latest(dagster, "shop/sales", "2026-01-06")
    assert [record.data["id"] for record in metadata["preview"].records] == ["6"]
    labels = [title.text.partition(":")[0] for title in drawing(metadata["recent_partitions"].value).iter(f"{SVG}title")]
    assert labels == ["2026-01-05", "2026-01-06"]


@pytest.mark.slow
def test_a_range_of_partitions_is_not_shown_row_by_row(shop, dagster):
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    for day in (5, 6):
        shop.land(f"sales_2026010{day}.json", f'{{"id": {day}, "sold_at": "2026-01-0{day} 10:00:00"}}\n')
    assert dagster.run("shop/sales", partitions=("2026-01-05", "2026-01-06")).success
    assert not {"preview", "recent_partitions"} & set(latest(dagster, "shop/sales", "2026-01-06"))


@pytest.mark.slow
def test_a_transform_shows_its_rows_and_its_runs(shop, dagster):
    shop.table("goods", "id: long!")
    shop.task("ids", "select id, id * 2 as twice from shop.goods")
    shop.land("goods_1.csv", "id\n1\n2\n")
    dagster.run("shop/goods", "kpi/ids")
    dagster.run("kpi/ids")
    metadata = latest(dagster, "kpi/ids")
    assert [record.data for record in metadata["preview"].records] == [{"id": "1", "twice": "2"}, {"id": "2", "twice": "4"}]
    assert len(list(drawing(metadata["recent_runs"].value).iter(f"{SVG}rect"))) == 2


def test_names_from_the_data_cannot_break_out_of_the_picture():
    chart = bar_chart([('<script>"&', 1, 0), ("b", 2, 1)], "loads")
    assert next(title.text for title in drawing(chart).iter(f"{SVG}title")).startswith('<script>"&')


def test_a_single_rejected_row_among_millions_is_seen():
    picture = drawing(bar_chart([("a", 5_000_000, 1), ("b", 5_000_000, 0)], "loads"))
    heights = [float(bar.get("height")) for bar in picture.iter(f"{SVG}rect")]
    assert min(heights) == 2.0
    assert max(heights) <= 150


def test_a_chart_of_nothing_but_empty_loads_is_drawn():
    assert list(drawing(bar_chart([("a", 0, 0), ("b", 0, 0)], "loads")).iter(f"{SVG}rect")) == []


def test_what_is_shown_stays_small():
    columns = tuple((f"column_{n}", "VARCHAR") for n in range(50))
    seen = Glance(
        columns,
        tuple(tuple("x" * 80 for _ in columns) for _ in range(10)),
        tuple((f"2026-01-01 {n}", 10**6, n) for n in range(60)),
    )
    metadata = glance_metadata(seen, "recent_loads")
    assert len(metadata["recent_loads"].value) < 32_000
    assert sum(len(record.data) for record in metadata["preview"].records) == 500


def test_the_one_column_of_a_key_is_unique_and_a_history_has_none(shop):
    shop.table("goods", "id: long!, label: string", "primaryKey: [id]")
    shop.table("pairs", "a: long!, b: long!", "primaryKey: [a, b]")
    shop.table("upserted", "id: long!", "metadata: {writeStrategy: {type: UPSERT_BY_KEY, key: [id]}}")
    shop.table(
        "versions",
        "id: long!, at: timestamp",
        "primaryKey: [id]\nmetadata: {writeStrategy: {type: SCD2, key: [id], timestamp: at}}",
    )
    graph = build_definitions(shop.project()).resolve_asset_graph()

    def unique(name):
        schema = graph.get(dg.AssetKey(["shop", name])).metadata["dagster/column_schema"]
        return [column.name for column in schema.columns if column.constraints.unique]

    assert {name: unique(name) for name in ("goods", "pairs", "upserted", "versions")} == {
        "goods": ["id"],
        "pairs": [],
        "upserted": ["id"],
        "versions": [],
    }


def test_a_table_says_where_it_is(shop):
    shop.table("goods", "id: long!")
    graph = build_definitions(shop.project()).resolve_asset_graph()
    metadata = graph.get(dg.AssetKey(["shop", "goods"])).metadata
    assert metadata["dagster/table_name"] == "shop.goods"
    assert metadata["dagster/storage_kind"] == "duckdb"
    assert metadata["dagster/uri"] == f"duckdb:///{shop.root}/datasets/warehouse.duckdb"
    assert graph.get(dg.AssetKey(["shop", "landing"])).metadata["dagster/uri"] == f"file://{shop.root}/datasets/incoming/shop"


def test_schedules_and_checks_lead_to_the_lines_they_were_written_on(shop):
    shop.write("config/expectations/own.j2", "{% macro few(n) %}select count(*) - {{ n }} from sl_this{% endmacro %}")
    shop.table("goods", "id: long!", "metadata: {schedule: daily}\nexpectations: [{expect: 'few(1)', failOnError: false}]")
    defs = build_definitions(shop.project())
    [check] = [spec for each in defs.assets if isinstance(each, dg.AssetsDefinition) for spec in each.check_specs]
    [schedule] = defs.schedules
    for metadata in (check.metadata, schedule.metadata):
        [reference] = metadata["dagster/code_references"].code_references
        assert reference.file_path.endswith("config/load/shop/goods.sl.yml")
        assert reference.line_number >= 1


def test_everything_has_a_description(shop):
    shop.table("goods", "id: long!", "comment: what we sell\nmetadata: {schedule: daily}")
    shop.task("ids", "select id from shop.goods", "comment: all of them")
    defs = build_definitions(shop.project())
    described = [*defs.schedules, *defs.sensors, *defs.resolve_all_asset_specs(), defs.resolve_job_def("daily__job")]
    assert [getattr(each, "name", each) for each in described if not each.description] == []
