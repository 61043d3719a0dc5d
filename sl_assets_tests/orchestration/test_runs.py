import subprocess
import sys

import pytest
from dagster import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from sl_assets.orchestration.instance import packaged, prepare_home
from sl_assets.orchestration.runs import alive, close_dead_runs, holds

LIVE = """
import sys
from pathlib import Path
from sl_assets.orchestration.runs import alive
with alive(Path(sys.argv[1]), sys.argv[2]):
    print("alive", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def started(dagster):
    return create_run_for_test(dagster.instance, status=DagsterRunStatus.STARTED)


@pytest.fixture
def process(dagster, started):
    home = dagster.instance.root_directory
    child = subprocess.Popen(
        [sys.executable, "-c", LIVE, home, started.run_id], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "alive\n"
    yield child
    child.kill()
    child.communicate()


def status(dagster, run):
    return dagster.instance.get_run_by_id(run.run_id).status


@pytest.mark.slow
def test_a_living_run_is_left_alone(dagster, started, process):
    assert process.poll() is None
    assert close_dead_runs(dagster.instance) == ()
    assert status(dagster, started) == DagsterRunStatus.STARTED


@pytest.mark.slow
def test_a_killed_run_is_closed_with_a_sentence(dagster, started, process):
    process.kill()
    process.wait()
    assert close_dead_runs(dagster.instance) == (started.run_id,)
    assert status(dagster, started) == DagsterRunStatus.FAILURE
    assert any("ended without telling Dagster" in str(each.message) for each in dagster.instance.all_logs(started.run_id))
    assert close_dead_runs(dagster.instance) == ()


def test_a_run_that_never_locked_here_is_somebody_elses(dagster, started):
    assert close_dead_runs(dagster.instance) == ()
    assert status(dagster, started) == DagsterRunStatus.STARTED


def test_a_run_that_ended_in_order_leaves_no_lock_file(tmp_path):
    with alive(tmp_path, "r1"):
        assert holds(tmp_path, "r1")
        assert not holds(tmp_path, "r2")
    assert list((tmp_path / "alive").iterdir()) == []


def test_the_home_is_made_in_the_project_from_the_packaged_configuration(tmp_path):
    environ: dict[str, str] = {}
    home = prepare_home(tmp_path, environ)
    assert environ["DAGSTER_HOME"] == str(home) == str(tmp_path / ".dagster")
    assert (home / "dagster.yaml").read_text() == packaged("dagster.yaml")


def test_the_projects_own_dagster_yaml_goes_first_and_is_followed(tmp_path):
    own = tmp_path / "dagster.yaml"
    for text in ("telemetry: {enabled: false}\n", "telemetry: {enabled: true}\n"):
        own.write_text(text)
        assert (prepare_home(tmp_path, {}) / "dagster.yaml").read_text() == text


def test_a_home_somebody_set_is_used_as_it_is(tmp_path):
    assert prepare_home(tmp_path, {"DAGSTER_HOME": "/elsewhere"}).as_posix() == "/elsewhere"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["dagster.yaml", "workspace.yaml"])
def test_the_file_beside_the_project_is_the_packaged_one(request, name):
    assert (request.config.rootpath / name).read_text() == packaged(name)
