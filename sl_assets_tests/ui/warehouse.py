"""What a served project has in its warehouse."""

import contextlib
from pathlib import Path
from typing import Any

import duckdb

from sl_assets_tests.ui.server import wait_for


def query(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the warehouse, read between two writers."""

    def rows() -> list[list[tuple[Any, ...]]] | None:
        with contextlib.suppress(duckdb.IOException), duckdb.connect(str(warehouse), read_only=True) as connection:
            return [connection.execute(sql).fetchall()]
        return None

    return (wait_for(rows, 60, "the warehouse to be readable") or [[]])[0]
