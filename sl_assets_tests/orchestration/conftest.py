import pytest

from sl_assets_tests.orchestration.dagster_project import Dagster, persistent_instance


@pytest.fixture
def dagster(shop, tmp_path):
    instance = persistent_instance(tmp_path / "home")
    yield Dagster(shop, instance)
    instance.dispose()
