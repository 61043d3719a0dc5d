from collections.abc import Iterator

import pytest

from sl_assets_tests.crash.fork_server import ForkServer


@pytest.fixture(scope="session")
def server() -> Iterator[ForkServer]:
    with ForkServer() as running:
        yield running
