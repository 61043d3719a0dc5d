import pytest

from sl_assets_tests.shop import Shop


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)
