"""Files that arrive become runs: what the sensor asks for, once, and what those runs do."""

import cProfile
import json
import os
import time
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from sl_assets.orchestration.arrival import evaluate_arrivals
from sl_assets.orchestration.killed_arrivals import ARRIVAL_TAG
from sl_assets.orchestration.launch import launch_all
from sl_assets.orchestration.translator import Translator
from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets_tests.areas.packing import zip_of
from sl_assets_tests.orchestration.dagster_project import Silent

DAILY = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""
SCHEDULED = "metadata: {schedule: '0 6 * * *', dagRef: acked}"
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
TODAY = "datasets/pending/shop/2026-11-16.ack"


@pytest.fixture
def arriving(dagster):
    dagster.shop.table("goods", "id: long!", pattern=r"goods.*\.csv")
    dagster.shop.table("prices", "id: long!", pattern=r"prices.*\.csv")
    return Watch(dagster)


class Watch:
    """A sensor and its cursor; its requests are run when somebody says so."""

    def __init__(self, dagster):
        self.dagster, self.shop, self.instance, self.cursor = dagster, dagster.shop, dagster.instance, None

    def land(self, name, text="id\n1\n", age=60.0):
        return self.shop.land(name, text, at=time.time() - age)

    def look(self, now=None):
        """One tick, as the daemon does it: through the definition, or at a time of our choice."""
        if now is None:
            defs = self.dagster.defs
            context = dg.build_sensor_context(self.instance, cursor=self.cursor, repository_def=defs.get_repository_def())
            result = defs.resolve_sensor_def("shop__arrivals").evaluate_tick(context)
            self.cursor = result.cursor or self.cursor
            return result
        project = self.shop.project()
        result = evaluate_arrivals(Translator(project), project, "shop", self.instance, self.cursor, now)
        if isinstance(result, dg.SensorResult):
            self.cursor = result.cursor
        return result

    def asked(self, now=None):
        """What was asked for, by names of assets."""
        return [{key.to_user_string() for key in each.asset_selection} for each in self.requests(now)]

    def requests(self, now=None):
        return self.look(now).run_requests or []

    def execute(self, request):
        job = self.dagster.defs.resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            instance=self.instance,
            asset_selection=request.asset_selection,
            partition_key=request.partition_key,
            tags={key: value for key, value in request.tags.items() if key != "dagster/partition"},
            raise_on_error=False,
        )


@pytest.mark.slow
def test_new_files_are_one_run_of_import_and_the_loads_that_have_files(arriving):
    arriving.land("goods1.csv")
    arriving.land("goods2.csv")
    (request,) = arriving.requests()
    assert {key.to_user_string() for key in request.asset_selection} == {"shop/import", "shop/goods"}
    result = arriving.execute(request)
    assert arriving.dagster.materialized(result) == {"shop/import", "shop/goods"}
    assert arriving.look().skip_message == "Nothing has arrived."


def test_the_same_files_are_asked_for_once_even_by_a_daemon_that_forgot(arriving):
    arriving.land("goods1.csv")
    (first,) = arriving.requests()
    assert "were asked for before" in arriving.look().skip_message
    arriving.cursor = None
    (again,) = arriving.requests()
    assert again.run_key == first.run_key


def test_another_file_is_another_run(arriving):
    arriving.land("goods1.csv")
    (first,) = arriving.requests()
    arriving.land("prices1.csv")
    (second,) = arriving.requests()
    assert second.run_key != first.run_key
    assert dg.AssetKey(["shop", "prices"]) in second.asset_selection


def test_the_same_name_again_is_another_run(arriving):
    path = arriving.land("goods1.csv")
    (first,) = arriving.requests()
    status = path.stat()
    path.unlink()
    arriving.shop.land("goods1.csv", "id\n2\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    (second,) = arriving.requests()
    assert second.run_key != first.run_key


@pytest.mark.slow
def test_a_file_that_fails_is_not_tried_again_every_few_seconds(arriving):
    arriving.shop.table("goods", "id: long!", "metadata: {rejectAllOnError: true}", pattern=r"goods.*\.csv")
    arriving.land("goods1.csv", "id\nx\n")
    (request,) = arriving.requests()
    assert not arriving.execute(request).success
    assert arriving.look().skip_message == "Nothing has arrived."
    assert arriving.shop.files("stage") == ["goods1.csv"]


@pytest.mark.slow
def test_a_file_that_is_still_being_written_waits_also_in_the_run(arriving):
    arriving.land("goods1.csv")
    arriving.land("goods2.csv", age=1)
    (request,) = arriving.requests()
    arriving.land("goods3.csv", age=0)
    arriving.execute(request)
    assert arriving.shop.files("archive") == ["goods1.csv"]
    assert arriving.shop.files("incoming") == ["goods2.csv", "goods3.csv"]


def test_while_a_run_of_it_goes_on_the_sensor_asks_for_nothing(arriving):
    arriving.land("goods1.csv")
    run = create_run_for_test(arriving.instance, status=DagsterRunStatus.STARTED, tags={ARRIVAL_TAG: "shop"})
    assert arriving.look().skip_message == f"Run {run.run_id} is loading what arrived before."
    arriving.instance.report_run_canceled(run)
    assert len(arriving.requests()) == 1


@pytest.mark.slow
def test_a_run_that_was_killed_is_asked_for_again_with_the_files_it_had_taken_from_landing(arriving):
    arriving.land("goods1.csv")
    (request,) = arriving.requests()
    for number in ("2", "3", None):
        killed = create_run_for_test(
            arriving.instance,
            status=DagsterRunStatus.STARTED,
            tags=dict(request.tags),
            asset_selection=frozenset(request.asset_selection),
        )
        if number == "2":
            (arriving.shop.root / "datasets/stage/shop").mkdir(parents=True)
            (arriving.shop.root / "datasets/incoming/shop/goods1.csv").rename(
                arriving.shop.root / "datasets/stage/shop/goods1.csv"
            )
        arriving.instance.report_run_failed(killed, "killed")
        found = {each.run_key: each for each in arriving.requests()}
        if number is None:
            assert f"again/{killed.run_id}" not in found
            break
        request = found[f"again/{killed.run_id}"]
        assert request.tags["sl/try"] == number
    assert arriving.dagster.materialized(arriving.execute(request)) == {"shop/goods"}


@pytest.mark.slow
def test_partitions_that_have_files_are_one_run_for_each_range(arriving):
    arriving.shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    for day in ("01", "02", "05"):
        line = {"id": 1, "sold_at": f"2026-01-{day} 08:00:00"}
        arriving.land(f"sales_202601{day}.json", json.dumps(line) if day != "02" else "{broken")
    arriving.land("goods1.csv")
    plain, *ranges = arriving.requests()
    assert dg.AssetKey(["shop", "sales"]) not in plain.asset_selection
    found = [arriving.execute(each) for each in ranges]
    assert [arriving.dagster.materialized(each) for each in found] == [{"shop/sales@2026-01-01"}, {"shop/sales@2026-01-05"}]
    assert [each.success for each in found] == [False, True]
    assert arriving.dagster.failed(found[0])["shop__sales"].startswith("partition 2026-01-02: ")


def test_a_file_for_a_partition_that_does_not_exist_is_left_alone(arriving):
    arriving.shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    arriving.land("sales_20251231.json", "{}")
    assert arriving.asked() == []


def test_a_table_with_a_schedule_waits_for_its_ticks_unless_the_project_says_otherwise(arriving):
    arriving.shop.table("goods", "id: long!", "metadata: {schedule: daily}", pattern=r"goods.*\.csv")
    arriving.shop.table("prices", "id: long!", "metadata: {runOnArrival: false}", pattern=r"prices.*\.csv")
    for name in ("goods1.csv", "prices1.csv"):
        arriving.land(name)
    assert "shop__arrivals" not in {each.name for each in arriving.dagster.defs.sensors}
    path = arriving.shop.root / "config/load/shop/_config.sl.yml"
    path.write_text(path.read_text() + "    runOnArrival: true\n")
    assert arriving.asked() == [{"shop/import", "shop/goods"}]


def test_an_archive_counts_by_what_is_in_it(arriving):
    path = arriving.land("delivery.zip")
    path.write_bytes(zip_of(("goods1.csv", b"id\n1\n", 100), ("prices1.csv", b"id\n1\n", 100)))
    os.utime(path, (100, 100))
    assert arriving.asked() == [{"shop/import", "shop/goods", "shop/prices"}]


@pytest.mark.slow
def test_under_pending_files_arrive_in_stage(arriving):
    arriving.shop.write("config/dags/filled.sl.yml", "dag: {options: {pre_load_strategy: pending}}\n")
    arriving.shop.table("goods", "id: long!", "metadata: {dagRef: filled}", pattern=r"goods.*\.csv")
    path = arriving.shop.write("datasets/stage/shop/goods1.csv", "id\n1\n")
    os.utime(path, (100, 100))
    (request,) = arriving.requests()
    assert {key.path[-1] for key in request.asset_selection} == {"preload", "import", "goods"}
    assert arriving.dagster.materialized(arriving.execute(request)) >= {"shop/preload", "shop/goods"}


@pytest.fixture
def acked(arriving):
    arriving.shop.write("config/dags/acked.sl.yml", "dag: {options: {pre_load_strategy: ack}}\n")
    for name in ("goods", "prices"):
        arriving.shop.table(name, "id: long!", SCHEDULED, pattern=rf"{name}.*\.csv")
    return arriving


ALL = {"shop/preload", "shop/import", "shop/goods", "shop/prices"}


@pytest.mark.slow
def test_an_ack_file_that_comes_after_the_tick_is_a_run_for_that_tick(acked):
    acked.land("goods1.csv")
    assert acked.asked(MONDAY.replace(hour=5)) == []
    acked.shop.write(TODAY, "")
    assert acked.asked(MONDAY.replace(hour=5, minute=59)) == [], "the schedule is going to do it"
    assert acked.asked(MONDAY.replace(hour=6)) == []
    (request,) = acked.requests(MONDAY.replace(hour=6, minute=20))
    assert {key.to_user_string() for key in request.asset_selection} == ALL
    result = acked.execute(request)
    assert acked.dagster.materialized(result) >= {"shop/preload", "shop/goods"}
    assert acked.dagster.observed(result) == {"shop/prices"}
    assert not (acked.shop.root / TODAY).exists()
    assert acked.asked(MONDAY.replace(hour=8)) == []


@pytest.mark.slow
def test_a_late_ack_file_is_told_once_by_a_run_that_fails_and_loaded_when_it_comes(acked):
    acked.land("goods1.csv")
    assert acked.asked(MONDAY) == []
    assert acked.asked(MONDAY.replace(hour=6, minute=59)) == []
    (request,) = acked.requests(MONDAY.replace(hour=7))
    result = acked.execute(request)
    assert acked.dagster.failed(result) == {
        "shop__preload": f"Late: {acked.shop.root / TODAY} was not there by 2026-11-16 07:00+00:00 (ack_wait_timeout), so shop "
        "is not loaded. Hint: the load starts by itself when the file comes."
    }
    assert acked.dagster.materialized(result) == set()
    assert "were asked for before" in acked.look(MONDAY.replace(hour=8)).skip_reason.skip_message
    acked.cursor = json.dumps({"since": MONDAY.isoformat()})
    assert [each.run_key for each in acked.requests(MONDAY.replace(hour=9))] == [request.run_key]
    acked.shop.write(TODAY, "")
    (loading,) = [each for each in acked.requests(MONDAY.replace(hour=10)) if each.run_key != request.run_key]
    assert acked.dagster.materialized(acked.execute(loading)) >= {"shop/goods"}


@pytest.mark.slow
def test_nothing_is_late_that_the_tick_has_loaded_or_that_was_before_the_sensor(acked):
    assert acked.asked(MONDAY.replace(hour=9)) == [], "the sensor did not watch at six"
    acked.cursor = None
    now = datetime.now(UTC)
    minutes = f"{now.minute} {now.hour} * * *"
    for name in ("goods", "prices"):
        extra = f"metadata: {{schedule: '{minutes}', dagRef: acked}}"
        acked.shop.table(name, "id: long!", extra, pattern=rf"{name}.*\.csv")
    assert acked.asked(now - timedelta(hours=2)) == []
    acked.shop.write(f"datasets/pending/shop/{now.date()}.ack", "")
    tick = now.replace(second=0, microsecond=0)
    tags = {"dagster/scheduled_execution_time": tick.isoformat()}
    keys = [dg.AssetKey(name.split("/")) for name in ALL]
    assert acked.execute(dg.RunRequest(asset_selection=keys, tags=tags)).success
    assert acked.asked(tick + timedelta(hours=1, minutes=1)) == []


@pytest.mark.slow
def test_tables_without_a_schedule_load_when_their_ack_file_comes_whatever_its_day(acked):
    for name in ("goods", "prices"):
        acked.shop.table(name, "id: long!", "metadata: {dagRef: acked}", pattern=rf"{name}.*\.csv")
    acked.land("goods1.csv")
    assert acked.asked(MONDAY) == []
    acked.shop.write("datasets/pending/shop/2026-11-13.ack", "")
    (request,) = acked.requests(MONDAY)
    acked.execute(request)
    assert acked.shop.rows("SELECT id FROM shop.goods") == [(1,)]
    assert not (acked.shop.root / "datasets/pending/shop/2026-11-13.ack").exists()


@pytest.mark.slow
def test_an_acknowledged_partition_is_a_run_of_that_partition(acked):
    path = "datasets/pending/{{table}}/{{partition}}.ack"
    acked.shop.write("config/dags/own.sl.yml", f"dag: {{options: {{pre_load_strategy: ack, global_ack_file_path: '{path}'}}}}\n")
    extra = DAILY.replace("format: JSON", "format: JSON, dagRef: own")
    acked.shop.table("sales", "id: long!, sold_at: timestamp!", extra, pattern=r"sales_\d{8}\.json")
    for day in ("01", "02"):
        acked.land(f"sales_202601{day}.json", json.dumps({"id": 1, "sold_at": f"2026-01-{day} 08:00:00"}))
    acked.shop.write("datasets/pending/sales/2026-01-02.ack", "")
    (request,) = acked.requests(MONDAY)
    result = acked.execute(request)
    assert acked.dagster.materialized(result) == {"shop/preload", "shop/sales@2026-01-02"}
    assert acked.shop.files("incoming") == ["sales_20260101.json"]
    assert not (acked.shop.root / "datasets/pending/sales/2026-01-02.ack").exists()


def run_everything(watch):
    """What `sl-assets run` does, as (asset, state)."""
    found = launch_all(watch.shop.project(), watch.dagster.defs, watch.instance, None, Silent())
    return {(each.name, each.state) for each in found.all}


@pytest.mark.slow
def test_the_command_line_waits_for_ack_files_too_for_partitions_their_own(acked):
    path = "acks/{{table}}-{{partition}}.ack"
    acked.shop.write("config/dags/own.sl.yml", f"dag: {{options: {{pre_load_strategy: ack, global_ack_file_path: '{path}'}}}}\n")
    acked.shop.write("config/dags/acked.sl.yml", "dag: {options: {pre_load_strategy: ack, global_ack_file_path: all.ack}}\n")
    extra = DAILY.replace("format: JSON", "format: JSON, dagRef: own")
    acked.shop.table("sales", "id: long!, sold_at: timestamp!", extra, pattern=r"sales_\d{8}\.json")
    acked.land("goods1.csv")
    for day in ("01", "02"):
        acked.land(f"sales_202601{day}.json", json.dumps({"id": 1, "sold_at": f"2026-01-{day} 08:00:00"}))
    assert run_everything(acked) == {(name, "skipped") for name in ALL}
    acked.shop.write("all.ack", "")
    acked.shop.write("acks/sales-2026-01-02.ack", "")
    assert run_everything(acked) >= {("shop/goods", "done"), ("shop/sales", "done")}
    assert acked.shop.files("incoming") == ["sales_20260101.json"]
    assert acked.shop.rows("SELECT strftime(sold_at, '%d') FROM shop.sales") == [("02",)]
    assert not (acked.shop.root / "all.ack").exists()
    assert list((acked.shop.root / "acks").iterdir()) == []


@pytest.mark.slow
def test_a_folder_in_the_place_of_an_ack_file_fails_the_preload_and_loads_nothing(acked):
    acked.shop.write(f"{TODAY}/oops", "")
    now = MONDAY.replace(hour=6).isoformat()
    keys = [dg.AssetKey(name.split("/")) for name in ALL]
    result = acked.execute(dg.RunRequest(asset_selection=keys, tags={"sl/scheduled": now}))
    assert "should be an ack file and is a folder" in acked.dagster.failed(result)["shop__preload"]
    assert not result.success


@pytest.mark.slow
def test_not_ready_is_a_success_that_says_what_is_missing(acked):
    keys = [dg.AssetKey(name.split("/")) for name in ALL]
    result = acked.execute(dg.RunRequest(asset_selection=keys, tags={"sl/scheduled": MONDAY.replace(hour=6).isoformat()}))
    assert result.success
    assert acked.dagster.skipped(result) == {"shop__import", "shop__goods", "shop__prices"}
    assert acked.dagster.materialized(result) == set()
    record = acked.instance.fetch_observations(dg.AssetKey(["shop", "preload"]), limit=1).records[0]
    metadata = {key: value.value for key, value in record.asset_observation.metadata.items()}
    assert metadata["ready"] is False
    assert metadata["missing"] == [str(acked.shop.root / TODAY)]
    assert metadata["reasons"]["shop.goods"] == f"waits for its ack file {acked.shop.root / TODAY}; 0 files"


def calls_of_a_look(arriving: Watch, project: Project) -> int:
    """The calls of functions that one look at the landing area costs: what it takes on any machine, however busy."""
    profile = cProfile.Profile()
    translator = Translator(project)
    result = profile.runcall(evaluate_arrivals, translator, project, "shop", arriving.instance, None, datetime.now(UTC))
    assert len(result.run_requests) == 1
    assert len(result.cursor) < 200
    return sum(each.callcount for each in profile.getstats())


def test_a_look_costs_the_same_for_every_file_however_many_lie_there(arriving):
    folder = arriving.land("goods.csv").parent
    project = load_project(arriving.shop.root, {})
    calls = []
    for number in range(1, 4_001):
        (folder / f"goods_{number}.csv").touch()
        os.utime(folder / f"goods_{number}.csv", (number, number))
        if number % 1_000 == 0:
            calls.append(calls_of_a_look(arriving, project))
    _warm, second, third, fourth = calls
    assert fourth - third < 1.05 * (third - second)
    assert third - second < 100 * 1_000
