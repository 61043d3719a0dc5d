"""What the YAML says is what Dagster shows."""

from datetime import timedelta

import dagster as dg
import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.translator import Translator
from sl_assets.spec.diagnostic import ProjectError

GOODS = """
comment: what we sell
owners: [team:shop, ann@example.org]
tags: [core]
primaryKey: [id]
metadata: {schedule: daily, freshness: {warn: 1 day, error: 2 days}}
"""
DAILY = r"""
metadata: {format: JSON, schedule: hourly}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""


@pytest.fixture
def rich(shop):
    shop.table("goods", "id: long!, label: string", GOODS)
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    shop.task("labels", "select label, count(*) as n from shop.goods join elsewhere.prices using (id) group by label")
    shop.task("weekly", "select * from kpi.labels", 'schedule: "0 6 * * 1"\nwriteStrategy: {type: OVERWRITE}')
    return shop


@pytest.fixture
def graph(rich):
    return build_definitions(rich.project()).resolve_asset_graph()


def node(graph, name):
    return graph.get(dg.AssetKey(name.split("/")))


def test_the_definitions_load_without_a_warning(rich):
    dg.Definitions.validate_loadable(build_definitions(rich.project()))


def test_edges_go_from_landing_to_the_last_transform(graph):
    edges = {
        (parent.to_user_string(), key.to_user_string())
        for key in graph.get_all_asset_keys()
        for parent in graph.get(key).parent_keys
    }
    assert edges == {
        ("shop/landing", "shop/import"),
        ("shop/import", "shop/goods"),
        ("shop/import", "shop/sales"),
        ("shop/goods", "kpi/labels"),
        ("elsewhere/prices", "kpi/labels"),
        ("kpi/labels", "kpi/weekly"),
    }


def test_tables_are_grouped_by_domain_and_file_plumbing_apart(graph):
    groups = {key.to_user_string(): graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert groups["shop/goods"] == "shop"
    assert groups["shop/import"] == groups["shop/landing"] == "shop/files"
    assert groups["kpi/labels"] == "kpi"


def test_a_tables_words_are_on_its_asset(graph):
    goods = node(graph, "shop/goods")
    assert goods.description == "what we sell"
    assert goods.owners == ["team:shop", "ann@example.org"]
    assert goods.kinds == {"duckdb", "table", "dsv"}
    assert "core" in goods.tags
    assert goods.metadata["dagster/table_name"] == "shop.goods"


def test_columns_have_types_and_constraints(graph):
    schema = node(graph, "shop/goods").metadata["dagster/column_schema"]
    told = [(each.name, each.type, each.constraints.nullable, list(each.constraints.other)) for each in schema.columns]
    assert told == [("id", "BIGINT", False, ["primary key"]), ("label", "VARCHAR", True, [])]


def test_code_references_point_at_the_yaml_line_and_the_sql_file(graph):
    references = node(graph, "kpi/labels").metadata["dagster/code_references"].code_references
    assert [(each.label, each.file_path.rsplit("/", 1)[-1]) for each in references] == [
        ("YAML", "labels.sl.yml"),
        ("SQL", "labels.sql"),
    ]


def test_freshness_is_a_time_window(graph):
    policy = node(graph, "shop/goods").freshness_policy_or_from_metadata
    assert (policy.warn_window.to_timedelta(), policy.fail_window.to_timedelta()) == (timedelta(days=1), timedelta(days=2))


def test_what_has_no_cron_is_run_by_its_upstreams_and_what_has_a_freshness_when_it_is_stale(graph):
    conditions = {key.to_user_string(): graph.get(key).automation_condition for key in graph.get_all_asset_keys()}
    assert {name for name, condition in conditions.items() if condition} == {"kpi/labels", "shop/goods"}
    assert conditions["shop/goods"].get_label() == "stale"  # it has a freshness


def test_what_nobody_in_the_project_makes_is_external(graph):
    assert not node(graph, "elsewhere/prices").is_executable


def test_one_schedule_for_each_cron_and_partitioning(rich):
    schedules = {each.name: each for each in build_definitions(rich.project()).schedules}
    assert {name: each.cron_schedule for name, each in schedules.items()} == {
        "daily": "0 0 * * *",
        "hourly__daily_partitions": "0 * * * *",
        "kpi__weekly": "0 6 * * 1",
    }
    assert {each.default_status for each in schedules.values()} == {dg.DefaultScheduleStatus.RUNNING}


def test_a_schedule_of_loads_begins_with_their_import(rich):
    defs = build_definitions(rich.project())
    job = defs.resolve_job_def("daily__job")
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == {"shop/import", "shop/goods"}


def test_a_translator_names_things_otherwise(rich):
    class Ours(Translator):
        def get_asset_spec(self, node):
            return super().get_asset_spec(node).merge_attributes(tags={"ours": "yes"})

    graph = build_definitions(rich.project(), translator=Ours).resolve_asset_graph()
    assert node(graph, "shop/goods").tags["ours"] == "yes"


def test_a_project_with_errors_has_no_definitions_but_all_its_errors(rich):
    rich.write("config/load/shop/goods.sl.yml", "version: 1\ntable:\n  nam: goods\n  patern: x\n")
    with pytest.raises(ProjectError) as caught:
        build_definitions(rich.root)
    assert "nam" in str(caught.value)
    assert "patern" in str(caught.value)
