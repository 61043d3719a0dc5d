from datetime import UTC, datetime
from pathlib import Path

import pytest

from sl_assets.spec.environment import Environment, date_variables, read_environment
from sl_assets.spec.findings import Findings

NOW = datetime(2024, 3, 1, 9, 5, 7, 42_000, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "env.sl.yml").write_text("env:\n  SL_ENV: DEV\n  a: general\n  b: general\n  home: '{{SL_ROOT}}/x'\n")
    (tmp_path / "env.DEV.sl.yml").write_text("env:\n  b: '{{c}}-{{a}}'\n  c: dev\n")
    (tmp_path / "env.PROD.sl.yml").write_text("env:\n  b: prod\n  only_prod: p\n")
    return tmp_path


def read(folder: Path, **process: str) -> Environment:
    findings = Findings()
    environment = read_environment(folder, process, {"SL_ROOT": "/r"}, findings, NOW)
    assert findings.sorted() == ()
    return environment


def test_the_files_own_choice_of_environment_counts_when_the_process_makes_none(folder: Path) -> None:
    environment = read(folder)
    assert (environment.active, environment.all["b"]) == ("DEV", "dev-general")


def test_the_process_chooses_the_environment(folder: Path) -> None:
    environment = read(folder, SL_ENV="PROD")
    assert (environment.active, environment.all["b"], environment.all["a"]) == ("PROD", "prod", "general")


def test_a_variable_of_another_environment_is_empty(folder: Path) -> None:
    assert read(folder).all["only_prod"] == ""


def test_the_project_wins_over_the_process_and_its_place_over_everything(folder: Path) -> None:
    environment = read(folder, a="process", z="process", SL_ROOT="/elsewhere")
    assert (environment.all["a"], environment.all["z"], environment.all["SL_ROOT"]) == ("general", "process", "/r")
    assert environment.all["home"] == "/r/x"


def test_a_variable_that_names_itself_means_the_one_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "env.sl.yml").write_text("env:\n  P: '{{P}}/more'\n")
    assert read(tmp_path, P="base").all["P"] == "base/more"


def test_date_variables_are_starlakes() -> None:
    dates = date_variables(NOW)
    assert (dates["sl_date"], dates["sl_datetime"], dates["sl_milli"]) == ("20240301", "20240301090507", "042")
    assert dates["sl_epoch_milli"] == "1709283907042"


@pytest.mark.parametrize("text", ["application:\n  env: DEV\n", "env: DEV\n", "application:\n  env: '{{x}}'\n", "a: ["])
def test_the_application_chooses_the_environment_when_nobody_else_does(tmp_path: Path, text: str) -> None:
    (tmp_path / "application.sl.yml").write_text(text)
    (tmp_path / "env.DEV.sl.yml").write_text("env:\n  a: dev\n")
    (tmp_path / "env.PROD.sl.yml").write_text("env:\n  a: prod\n")
    chosen = "DEV" if "env: DEV" in text else None
    assert read(tmp_path).active == chosen
    assert read(tmp_path, SL_ENV="PROD").active == "PROD"
    (tmp_path / "env.sl.yml").write_text("env:\n  SL_ENV: PROD\n")
    assert read(tmp_path).all["a"] == "prod"
