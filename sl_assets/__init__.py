"""A Starlake-compatible YAML project as Dagster software-defined assets, on DuckDB and Polars."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sl_assets.orchestration.component import SlProjectComponent
    from sl_assets.orchestration.definitions import build_definitions
    from sl_assets.project import load_project

__version__ = "0.1.0"
__all__ = ["SlProjectComponent", "__version__", "build_definitions", "load_project"]


def __dir__() -> list[str]:
    """What there is, imported already or not: `dg` looks for components here."""
    return __all__


def __getattr__(name: str) -> object:
    """Import the entry points when they are asked for: reading a project must not cost importing Dagster."""
    if name == "load_project":
        from sl_assets.project import load_project  # noqa: PLC0415 - see above

        return load_project
    if name == "build_definitions":
        from sl_assets.orchestration.definitions import build_definitions  # noqa: PLC0415 - see above

        return build_definitions
    if name == "SlProjectComponent":
        from sl_assets.orchestration.component import SlProjectComponent  # noqa: PLC0415 - see above

        return SlProjectComponent
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
