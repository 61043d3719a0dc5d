import shutil

import dagster as dg
import pytest

from sl_assets_tests.orchestration.dagster_project import Dagster, persistent_instance


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory):
    """A Dagster home whose databases are made: making them takes a second, copying them does not."""
    home = tmp_path_factory.mktemp("home")
    persistent_instance(home).dispose()
    return home


@pytest.fixture
def dagster(shop, tmp_path, empty_home):
    home = tmp_path / "home"
    shutil.copytree(empty_home, home)
    instance = persistent_instance(home)
    yield Dagster(shop, instance)
    instance.dispose()


@pytest.fixture
def memory():
    """An instance that forgets: simulations need no more, and are many times faster on it."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance
