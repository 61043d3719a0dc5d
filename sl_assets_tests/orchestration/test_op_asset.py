"""An op made of what is known is the op that the decorator makes of a function."""

import dagster as dg
import pytest

from sl_assets.orchestration.op_asset import input_names, op_asset

DAILY = dg.DailyPartitionsDefinition("2026-01-01")
SPECS = {
    "no_upstream": dg.AssetSpec(["shop", "goods"], description="what we sell", code_version="1", skippable=True),
    "upstreams": dg.AssetSpec(["kpi", "top-ten"], deps=[["shop", "goods"], ["shop", "v1.sales"], "alone"], group_name="kpi"),
    "earlier_partitions": dg.AssetSpec(
        ["kpi", "balance"],
        deps=[dg.AssetDep(["kpi", "balance"], partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1))],
        partitions_def=DAILY,
    ),
}
FIELDS = {"reload": dg.Field(bool, default_value=False, description="anew"), "file": dg.Field(str, is_required=False)}


class Warehouse(dg.ConfigurableResource): ...


class Guard(dg.ConfigurableResource): ...


def both(spec, **options):
    checks = [dg.AssetCheckSpec("unique", asset=spec.key, blocking=True), dg.AssetCheckSpec("v1.filled", asset=spec.key)]

    def run(context: dg.AssetExecutionContext, _inputs):
        yield dg.MaterializeResult(spec.key)

    @dg.multi_asset(specs=[spec], check_specs=checks, name="made", can_subset=True, config_schema=FIELDS, **options)
    def decorated(context: dg.AssetExecutionContext, warehouse: Warehouse, guard: Guard):
        yield dg.MaterializeResult(spec.key)

    return op_asset(spec, "made", run, config=dg.Field(FIELDS), checks=checks, **options), decorated


def told(asset):
    op = asset.op
    return {
        "spec": list(asset.specs),
        "checks": list(asset.check_specs),
        "inputs": dict(asset.keys_by_input_name),
        "outputs": dict(asset.keys_by_output_name),
        "subset": asset.can_subset,
        "backfill": asset.backfill_policy,
        "name": op.name,
        "ins": {each.name: each.dagster_type for each in op.input_defs},
        "outs": {each.name: (each.dagster_type, each.is_required, each.io_manager_key) for each in op.output_defs},
        "resources": op.required_resource_keys,
        "config": op.config_schema.config_type.key,
        "pool": op.pool,
        "retries": op.retry_policy,
    }


@pytest.mark.parametrize("name", SPECS)
def test_it_is_the_op_of_the_decorator(name):
    retries = dg.RetryPolicy(max_retries=2, delay=5)
    ours, theirs = both(SPECS[name], pool="small", retry_policy=retries, backfill_policy=dg.BackfillPolicy.single_run())
    assert told(ours) == told(theirs)


def test_upstreams_whose_names_become_the_same_stay_two():
    spec = dg.AssetSpec(["kpi", "sums"], deps=[["a_b", "c"], ["a", "b_c"]])
    assert input_names(spec) == {"a_b_c": dg.AssetKey(["a_b", "c"]), "a_b_c_": dg.AssetKey(["a", "b_c"])}


def test_the_definition_of_an_output_repeats_nothing_of_the_asset():
    ours, _ = both(dg.AssetSpec("goods", description="what we sell", metadata={"rows": 3}))
    assert [(each.description, dict(each.metadata)) for each in ours.op.output_defs] == [(None, {})] * 3
    spec = next(iter(ours.specs))
    assert (spec.description, spec.metadata) == ("what we sell", {"rows": 3})
