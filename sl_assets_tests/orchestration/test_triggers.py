"""When upstreams run a transform: Dagster's own evaluation under a simulated clock.

The cases are those of Starlake's Dagster integration as it was executed, with our answer where that one is wrong.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets_tests.orchestration.simulated import Simulation

# Dagster's own test function uses what Dagster calls beta.
pytestmark = pytest.mark.filterwarnings("ignore:Parameter `include_sources`")

HOURLY, DAILY, WEEKLY, NONE = "schedule: hourly", "schedule: daily", 'schedule: "0 0 * * 0"', ""


@pytest.fixture
def simulate(shop, memory):
    """A target over tables: `c=DAILY, o=HOURLY`; the time of its start is the day before that of the moments in the tests."""

    def make(options: str = "{}", *, now: datetime = datetime(2025, 1, 2, 12, tzinfo=UTC), **tables: str) -> Simulation:
        for name, extra in tables.items():
            metadata = f"metadata: {{{extra}}}" if extra else ""
            shop.table(name, "id: long!", metadata)
        joins = " ".join(f"join shop.{name} using (id)" for name in list(tables)[1:])
        shop.task("target", f"select {next(iter(tables))}.id from shop.{next(iter(tables))} {joins}")
        shop.write("config/dags/t.sl.yml", f"version: 1\ndag:\n  options: {options}\n")
        application = shop.root / "config/application.sl.yml"
        application.write_text(application.read_text() + "  dagRef: {transform: t}\n")
        return Simulation(build_definitions(shop.project()), memory, now)

    return make


def moment(text: str) -> datetime:
    """`03 00:00` of January 2025, plus what a run takes."""
    return datetime.strptime(f"2025-01-{text} +0000", "%Y-%m-%d %H:%M %z") + timedelta(seconds=9)


def play(simulation: Simulation, *steps: tuple[str, str]) -> list[bool]:
    """For each (moment, what ran then), whether the target is requested; a requested target runs at once."""
    fired: list[bool] = []
    for when, what in steps:
        simulation.at(max(moment(when), simulation.now))
        if what.startswith("look "):
            simulation.look(what.removeprefix("look "))
        elif what:
            simulation.refresh(*what.split())
        requested = simulation.tick()
        fired.append("kpi/target" in requested)
        if fired[-1]:
            simulation.refresh("kpi/target")
            assert simulation.tick() == set()
    return fired


C, O, A, B = "shop/c", "shop/o", "shop/a", "shop/b"  # noqa: E741 - the names of the table that is followed


@pytest.mark.slow
def test_each_upstream_must_be_current_for_its_own_cron(simulate):
    fired = play(
        simulate(c=DAILY, o=HOURLY),
        ("03 00:00", C),  # never an o
        ("03 00:30", ""),
        ("03 01:00", O),  # c of today is there
        ("03 02:00", O),
        ("04 00:00", O),  # c of today is not
        ("04 00:10", C),  # o of midnight is
        ("04 01:05", C),  # o of one o'clock is not
        ("04 01:20", O),
    )
    assert fired == [False, False, True, True, False, True, False, True]


def test_an_early_run_does_not_count_for_the_next_tick(simulate):
    fired = play(simulate(c=DAILY, o=HOURLY), ("02 23:00", O), ("03 00:00", C), ("03 00:01", O))
    assert fired == [False, False, True]


def test_a_late_run_is_visible_to_the_next_hour(simulate):
    simulation = simulate(c=DAILY, o=HOURLY)
    assert play(simulation, ("03 00:00", C), ("03 00:01", O), ("03 01:00", O)) == [False, True, True]


def test_a_load_that_found_nothing_has_run(simulate):
    fired = play(
        simulate(c=DAILY, o=HOURLY),
        ("03 00:00", C),
        ("03 00:01", O),
        ("04 00:00", O),
        ("04 00:01", "look shop/c"),
        ("04 01:00", "look shop/o"),  # nothing new anywhere
    )
    assert fired == [False, True, False, True, False]


def test_all_waits_until_every_upstream_is_new(simulate):
    simulation = simulate("{dataset_triggering_strategy: all}", c=DAILY, o=HOURLY)
    fired = play(simulation, ("03 00:00", C), ("03 00:01", O), ("03 01:00", O), ("03 02:00", O), ("04 00:00", C), ("04 00:01", O))
    assert fired == [False, True, False, False, False, True]


def test_upstreams_without_a_clock_need_not_arrive_in_the_same_second(simulate):
    fired = play(simulate(a=NONE, b=NONE), ("03 00:00", A), ("03 00:01", B), ("05 07:00", A), ("09 09:00", B))
    assert fired == [False, True, True, True]


def test_a_single_upstream_runs_its_target_whenever_it_refreshes(simulate):
    assert play(simulate(c=DAILY), ("03 00:00", C), ("03 15:00", C), ("04 00:00", C)) == [True, True, True]


CYCLE = "{data_cycle_enabled: true, data_cycle: daily}"
OPTIONAL = "{data_cycle_enabled: true, data_cycle: '0 0 * * *', optional_dataset_enabled: true}"


@pytest.mark.slow
def test_in_a_data_cycle_upstreams_without_a_clock_must_have_come_since_it_began(simulate):
    fired = play(
        simulate(CYCLE, a=NONE, b=NONE), ("03 05:00", A), ("03 06:00", B), ("04 05:00", A), ("04 06:00", B), ("04 07:00", A)
    )
    assert fired == [False, True, False, True, True]


@pytest.mark.slow
def test_without_being_enabled_a_data_cycle_does_nothing(simulate):
    fired = play(simulate("{data_cycle: daily}", a=NONE, b=NONE), ("03 05:00", A), ("03 06:00", B), ("04 05:00", A))
    assert fired == [False, True, True]


def test_what_comes_less_often_than_the_cycle_can_be_optional(simulate):
    assert play(simulate(OPTIONAL, c=WEEKLY, o=DAILY), ("03 00:00", O)) == [True]


@pytest.mark.parametrize("options", ["{}", CYCLE])
def test_otherwise_it_is_waited_for(simulate, options):
    assert play(simulate(options, c=WEEKLY, o=DAILY), ("03 00:00", O), ("03 01:00", C)) == [False, True]


def test_an_optional_upstream_is_not_waited_for_by_all(simulate):
    options = OPTIONAL.replace("{", "{dataset_triggering_strategy: all, ", 1)
    assert play(simulate(options, c=WEEKLY, o=DAILY), ("03 00:00", O), ("04 00:00", C), ("04 00:01", O)) == [True, False, True]


@pytest.mark.parametrize(("early", "fires"), [(59, True), (61, False)])
def test_freshness_is_a_tolerance_beyond_the_data_cycle(simulate, early, fires):
    simulation = simulate(CYCLE, c="schedule: daily, freshness: {error: 1h}", o=HOURLY)
    simulation.at(moment("02 23:00") + timedelta(minutes=60 - early) - timedelta(seconds=9))
    simulation.refresh(C)
    assert play(simulation, ("03 00:00", O)) == [fires]


def test_without_beyond_there_is_no_tolerance(simulate):
    options = CYCLE.replace("{", "{beyond_data_cycle_enabled: false, ", 1)
    simulation = simulate(options, c="schedule: daily, freshness: {error: 1h}", o=HOURLY)
    assert play(simulation, ("02 23:50", C), ("03 00:00", O)) == [False, False]


@pytest.mark.parametrize(
    ("refreshed", "fires"),
    [(A, False), (B, False), (f"{A} {B}", True), (f"{B} {C}", False), (f"{A} {C}", True), (f"{A} {B} {C}", True)],
)
def test_a_rule_says_which_upstreams_must_be_new(simulate, refreshed, fires):
    simulation = simulate('{dataset_triggering_strategy: "shop.a & (b | SHOP.C)"}', a=NONE, b=NONE, c=NONE)
    play(simulation, ("02 13:00", f"{A} {B} {C}"))
    assert play(simulation, ("03 00:00", refreshed)) == [fires]


def test_between_two_runs_there_is_rest(simulate):
    simulation = simulate("{min_timedelta_between_runs: 900}", a=NONE)
    fired = play(simulation, ("03 00:00", A), ("03 00:10", A), ("03 00:14", ""), ("03 00:16", ""), ("03 00:40", ""))
    assert fired == [True, False, False, True, False]


def test_a_chain_is_as_current_as_its_clocks(shop, memory):
    shop.table("c", "id: long!", "metadata: {schedule: daily}")
    shop.table("o", "id: long!", "metadata: {schedule: hourly}")
    shop.task("middle", "select * from shop.c")
    shop.task("target", "select * from kpi.middle join shop.o using (id)")
    simulation = Simulation(build_definitions(shop.project()), memory, datetime(2025, 1, 2, 12, tzinfo=UTC))
    play(simulation, ("03 00:00", C))
    simulation.refresh("kpi/middle")
    # the daily table found nothing new on the 4th: what is built from it is current without being built again
    assert play(simulation, ("03 00:01", O), ("04 00:00", O), ("04 00:01", "look shop/c")) == [True, False, True]


@pytest.mark.parametrize(("day", "offset"), [(29, "+01:00"), (30, "+02:00")])
def test_days_begin_in_the_zone_of_the_project(shop, memory, day, offset):
    shop.table("c", "id: long!", "metadata: {schedule: daily}")
    shop.table("o", "id: long!", "metadata: {schedule: hourly}")
    shop.task("target", "select * from shop.c join shop.o using (id)")
    application = shop.root / "config/application.sl.yml"
    application.write_text(application.read_text() + "  timezone: Europe/Paris\n")
    midnight = datetime.fromisoformat(f"2026-03-{day}T00:00:00{offset}")
    simulation = Simulation(build_definitions(shop.project()), memory, midnight - timedelta(hours=3))
    simulation.refresh("shop/c")
    simulation.at(midnight - timedelta(minutes=30))
    simulation.refresh("shop/o")
    assert simulation.tick() == {"kpi/target"}
    simulation.refresh("kpi/target")
    simulation.at(midnight + timedelta(seconds=5))
    simulation.refresh("shop/o")
    assert simulation.tick() == set()  # c of this day is missing
    simulation.refresh("shop/c")
    assert simulation.tick() == {"kpi/target"}


@pytest.mark.slow
@pytest.mark.parametrize("first", [datetime(2026, 3, 16, tzinfo=UTC), datetime(2026, 10, 12, tzinfo=UTC)])
def test_three_weeks_over_a_clock_change_run_at_every_tick(shop, memory, first):
    """Upstreams that come on time: one request for each load of the faster one, whatever the length of the day."""
    shop.table("c", "id: long!", "metadata: {schedule: daily}")
    shop.table("o", "id: long!", 'metadata: {schedule: "0 */6 * * *"}')
    shop.task("target", "select * from shop.c join shop.o using (id)")
    application = shop.root / "config/application.sl.yml"
    application.write_text(application.read_text() + "  timezone: Europe/Paris\n")
    simulation = Simulation(build_definitions(shop.project()), memory, first - timedelta(minutes=30))
    simulation.refresh("shop/c", "shop/o", "kpi/target")
    simulation.tick()
    instants = (first + timedelta(hours=hour) for hour in range(21 * 24))
    ticks = [instant for instant in instants if instant.astimezone(ZoneInfo("Europe/Paris")).hour % 6 == 0]
    requests = 0
    for tick in ticks:
        simulation.at(tick + timedelta(seconds=3))
        midnight = tick.astimezone(ZoneInfo("Europe/Paris")).hour == 0
        simulation.refresh(*(["shop/c"] if midnight else []), "shop/o")
        if simulation.tick():
            requests += 1
            simulation.refresh("kpi/target")
    assert requests == len(ticks) == 21 * 4
