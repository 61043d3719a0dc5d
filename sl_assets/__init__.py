"""A Starlake-compatible YAML project as Dagster software-defined assets, on DuckDB and Polars."""

__version__ = "0.1.0"
