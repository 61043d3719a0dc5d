"""One place to name things otherwise: `get_asset_spec` for what an asset shows, `asset_key` for what it is called."""

import dagster as dg
import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.translator import Files, Translator
from sl_assets.project.records import Table, Task
from sl_assets_tests.orchestration.dagster_project import QUIET


@pytest.fixture
def small(shop):
    shop.table("goods", "id: long!, label: string", "comment: what we sell\nowners: [team:shop]\nmetadata: {schedule: daily}")
    shop.task("labels", "select label, count(*) as n from shop.goods join elsewhere.prices using (id) group by label")
    return shop


class Prefixed(Translator):
    def asset_key(self, key):
        return super().asset_key(key).with_prefix("lake")


class Ours(Translator):
    def get_asset_spec(self, node):
        spec = super().get_asset_spec(node)
        if isinstance(node, Files):
            return spec.replace_attributes(group_name="plumbing")
        layer = "bronze" if isinstance(node, Table) else "gold"
        return spec.replace_attributes(
            group_name=layer,
            description=f"{node.key}: {spec.description}",
            owners=["team:platform"],
            automation_condition=dg.AutomationCondition.on_cron("@daily") if isinstance(node, Task) else None,
        ).merge_attributes(tags={"layer": layer}, kinds={"parquet"}, metadata={"cost_centre": 42})


def spec_of(defs, name):
    return next(spec for spec in defs.resolve_all_asset_specs() if spec.key == dg.AssetKey(name.split("/")))


def test_what_get_asset_spec_changes_is_on_the_asset(small):
    defs = build_definitions(small.project(), translator=Ours)
    goods, labels = spec_of(defs, "shop/goods"), spec_of(defs, "kpi/labels")
    assert (goods.group_name, labels.group_name) == ("bronze", "gold")
    assert spec_of(defs, "shop/import").group_name == spec_of(defs, "shop/landing").group_name == "plumbing"
    assert goods.description == "shop.goods: what we sell"
    assert goods.owners == ["team:platform"]
    assert goods.tags["layer"] == "bronze"
    assert {"parquet", "duckdb", "dsv"} <= goods.kinds
    assert goods.metadata["cost_centre"] == 42
    assert "dagster/column_schema" in goods.metadata
    assert labels.automation_condition == dg.AutomationCondition.on_cron("@daily")
    assert goods.automation_condition is None


def test_another_key_is_followed_by_edges_checks_schedules_and_conditions(small):
    small.table(
        "goods",
        "id: long!, label: string",
        'metadata: {schedule: daily}\nexpectations: [{expect: "is_row_count_equal_to(1)", failOnError: false}]',
    )
    small.write(
        "config/expectations/own.j2", "{% macro is_row_count_equal_to(n) %}select count(*) - {{ n }} from sl_this{% endmacro %}"
    )
    defs = build_definitions(small.project(), translator=Prefixed)
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {
        "lake/shop/landing",
        "lake/shop/import",
        "lake/shop/goods",
        "lake/kpi/labels",
        "lake/elsewhere/prices",
    }
    assert graph.get(dg.AssetKey(["lake", "kpi", "labels"])).parent_keys == {
        dg.AssetKey(["lake", "shop", "goods"]),
        dg.AssetKey(["lake", "elsewhere", "prices"]),
    }
    assert {key.asset_key for key in graph.asset_check_keys} == {dg.AssetKey(["lake", "shop", "goods"])}
    job = defs.resolve_job_def("daily__job")
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == {"lake/shop/import", "lake/shop/goods"}
    condition = graph.get(dg.AssetKey(["lake", "kpi", "labels"])).automation_condition
    assert "lake/shop/goods" in repr(condition) or "'lake', 'shop', 'goods'" in repr(condition)


@pytest.mark.slow
def test_a_run_under_other_keys_stages_and_loads_what_it_names(small, dagster):
    small.table("more", "id: long!")
    small.land("goods_1.csv", "id,label\n1,bread\n")
    small.land("more_1.csv", "id\n7\n")
    keys = [dg.AssetKey(["lake", "shop", "import"]), dg.AssetKey(["lake", "shop", "goods"])]
    job = build_definitions(small.project(), translator=Prefixed).resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(run_config=QUIET, instance=dagster.instance, asset_selection=keys)
    assert dagster.materialized(result) == {"lake/shop/import", "lake/shop/goods"}
    assert small.rows("from shop.goods") == [(1, "bread")]
    assert small.files("incoming") == ["more_1.csv"]


def test_a_key_changed_in_the_wrong_place_is_refused(small):
    class Wrong(Translator):
        def get_asset_spec(self, node):
            return super().get_asset_spec(node).replace_attributes(key=dg.AssetKey([*node.key, "v2"]))

    with pytest.raises(dg.DagsterInvalidDefinitionError, match=r"shop.*the key shop/.*/v2, but .*Hint: override asset_key"):
        build_definitions(small.project(), translator=Wrong)


def test_a_table_from_elsewhere_may_be_made_by_an_asset_of_ones_own(small):
    @dg.asset(key=["elsewhere", "prices"])
    def prices(): ...

    defs = dg.Definitions.merge(build_definitions(small.project()), dg.Definitions(assets=[prices]))
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    assert graph.get(dg.AssetKey(["elsewhere", "prices"])).is_executable
    assert dg.AssetKey(["elsewhere", "prices"]) in graph.get(dg.AssetKey(["kpi", "labels"])).parent_keys
