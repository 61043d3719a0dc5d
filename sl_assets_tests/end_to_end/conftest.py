import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.launch import Outcomes, launch_all
from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets_tests.orchestration.dagster_project import Silent, persistent_instance

Built = tuple[Project, Outcomes]


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Callable[[Path, Path, str], Built]:
    """Copy a project, land its files, and bring all of it up to date through Dagster, twice if wanted."""

    def run(config: Path, files: Path, domain: str) -> Built:
        root = tmp_path_factory.mktemp(domain)
        shutil.copytree(config, root / "config")
        shutil.copytree(files, root / "datasets" / "incoming" / domain)
        project = load_project(root, {})
        assert project.errors == ()
        instance = persistent_instance(root / "home")
        outcomes = launch_all(project, build_definitions(project), instance, None, Silent())
        instance.dispose()
        return project, outcomes

    return run
