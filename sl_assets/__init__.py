"""A Starlake-compatible YAML project as Dagster software-defined assets, on DuckDB and Polars."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sl_assets.orchestration.definitions import build_definitions
    from sl_assets.project import load_project

__version__ = "0.1.0"
__all__ = ["__version__", "build_definitions", "load_project"]


def __getattr__(name: str) -> object:
    """Import the two entry points when they are asked for: reading a project must not cost importing Dagster."""
    if name == "load_project":
        from sl_assets.project import load_project  # noqa: PLC0415 - see above

        return load_project
    if name == "build_definitions":
        from sl_assets.orchestration.definitions import build_definitions  # noqa: PLC0415 - see above

        return build_definitions
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
