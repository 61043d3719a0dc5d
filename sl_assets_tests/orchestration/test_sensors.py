"""How the assets with a condition are shared out among sensors."""

from itertools import pairwise

import dagster as dg

from sl_assets.orchestration.automation_sensors import LIMIT, automation_sensors, components, share_out


def key(name) -> dg.AssetKey:
    return dg.AssetKey(["d", str(name)])


def chain(name: str, length: int) -> list[dg.AssetSpec]:
    """Assets of which each runs when the one before it refreshes; the first reads a table without a condition."""
    names = [f"{name}_source", *(f"{name}{number}" for number in range(length))]
    condition = dg.AutomationCondition.any_deps_updated()
    return [dg.AssetSpec(key(each), deps=[key(before)], automation_condition=condition) for before, each in pairwise(names)]


def test_one_sensor_looks_at_a_graph_of_ordinary_size():
    sensors = automation_sensors(chain("a", LIMIT))
    assert [each.name for each in sensors] == ["automation"]
    assert sensors[0].default_status is dg.DefaultSensorStatus.RUNNING


def test_a_large_graph_has_several_none_of_them_too_large_and_nothing_twice():
    specs = [*chain("a", 300), *chain("b", 300), *chain("c", 150), *chain("d", 1200)]
    graph = dg.Definitions(assets=specs).resolve_asset_graph()
    shares = [sensor.asset_selection.resolve(graph) for sensor in automation_sensors(specs)]
    assert max(len(share) for share in shares) <= LIMIT
    assert sum(len(share) for share in shares) == len(set().union(*shares)) == 1950


def test_what_hangs_together_is_together_and_in_order():
    groups = components(
        {key("b"): [key("a")], key("a"): [key("outside")], key("lonely"): [key("outside")], key("c"): [key("b"), key("a")]}
    )
    assert groups == [[key("a"), key("b"), key("c")], [key("lonely")]]


def test_only_a_group_that_is_too_large_is_cut():
    large, small, other = [key(n) for n in range(5)], [key("s")], [key("o1"), key("o2")]
    assert share_out([small, other, large], 4) == [large[:4], [large[4], *other, *small]]
