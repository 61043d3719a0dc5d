"""What embedded DuckDB can do so far."""

from sl_assets.spec.metadata import STRATEGIES
from sl_assets.warehouse.capabilities import Capabilities
from sl_assets.warehouse.duckdb.strategies import WRITERS

CAPABILITIES = Capabilities(
    engine="duckdb",
    strategies=frozenset(name for name in STRATEGIES if name in WRITERS),
    single_writer=True,
    transactional_ddl=True,
)
