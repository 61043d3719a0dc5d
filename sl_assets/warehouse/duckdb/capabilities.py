"""What embedded DuckDB can do so far."""

from sl_assets.warehouse.capabilities import Capabilities

CAPABILITIES = Capabilities(
    engine="duckdb",
    strategies=frozenset(
        {
            "APPEND",
            "OVERWRITE",
            "OVERWRITE_BY_PARTITION",
            "UPSERT_BY_KEY",
            "UPSERT_BY_KEY_AND_TIMESTAMP",
            "DELETE_THEN_INSERT",
            "SCD2",
        }
    ),
    single_writer=True,
    transactional_ddl=True,
)
