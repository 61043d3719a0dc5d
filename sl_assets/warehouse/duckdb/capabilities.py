"""What embedded DuckDB can do so far."""

from sl_assets.warehouse.capabilities import Capabilities
from sl_assets.warehouse.duckdb.strategies import WRITERS

CAPABILITIES = Capabilities(
    engine="duckdb",
    strategies=frozenset(WRITERS),
    single_writer=True,
    transactional_ddl=True,
)
