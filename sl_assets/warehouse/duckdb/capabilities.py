"""What embedded DuckDB can do so far."""

from sl_assets.warehouse.capabilities import Capabilities

CAPABILITIES = Capabilities(
    engine="duckdb",
    strategies=frozenset({"APPEND", "OVERWRITE", "UPSERT_BY_KEY"}),
    single_writer=True,
    transactional_ddl=True,
)
