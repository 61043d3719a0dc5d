import os

import pytest
from hypothesis import settings

from sl_assets_tests.crash.tally import pytest_terminal_summary
from sl_assets_tests.shop import Shop

__all__ = ["pytest_terminal_summary"]  # a hook: what comes from the processes of xdist is only known up here


def pytest_configure():
    """Tests keep no facts in the user's folders; those about facts say where."""
    os.environ.setdefault("SL_CACHE", "off")


settings.register_profile("quick", max_examples=25)  # `make check`; `make test` tries a hundred where a test does not say


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)
