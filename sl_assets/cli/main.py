"""The `sl-assets` command."""

import click

from sl_assets.cli.lazy import LazyGroup

COMMANDS = {
    "check": "Read the project and tell everything that is wrong with it.",
    "dev": "Start the Dagster UI and its daemon on the project.",
    "expect": "Ask the expectations of the tables as they are.",
    "files": "Show which files were loaded, when, by which run.",
    "infer": "Propose the YAML of a table from its files.",
    "init": "Start a small project in a folder.",
    "lineage": "Show which tables and columns come from which.",
    "load-new": "Make tables of files that no table claims, and load them.",
    "migrate": "Write files in the syntax before version 1 in today's.",
    "plan": "Tell what a run would do now and why, and change nothing.",
    "prune": "Remove what was kept for longer than the project's retention says.",
    "rejects": "Show which records were refused and why; replay them.",
    "run": "Load what is new and build what is due.",
    "schema": "JSON Schema of the YAML files, for editors.",
    "settings": "Show every setting, its value, and where that comes from.",
    "show": "Show one table or transform as the project has it.",
    "test": "Run the unit tests of loads and transforms.",
}


class Commands(LazyGroup):
    """Those of `sl-assets`."""

    package = "sl_assets.cli"
    lines = COMMANDS


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sl-assets")
def main() -> None:
    """Your Starlake project as Dagster assets, on DuckDB.

    The project is the folder in SL_ROOT, by default the working directory.
    """
