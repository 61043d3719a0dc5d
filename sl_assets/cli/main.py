"""The `sl-assets` command. Each subcommand is imported when it is called, so that `check` does not wait for Dagster."""

import importlib

import click

COMMANDS = {
    "check": "Read the project and tell everything that is wrong with it.",
    "dev": "Start the Dagster UI and its daemon on the project.",
    "files": "Show which files were loaded, when, by which run.",
    "rejects": "Show which rows were refused, and why.",
    "run": "Load what is new and build what is due.",
    "show": "Show one table or transform as the project has it.",
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the alphabet."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f"sl_assets.cli.{cmd_name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without importing anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sl-assets")
def main() -> None:
    """Your Starlake project as Dagster assets, on DuckDB.

    The project is the folder in SL_ROOT, by default the working directory.
    """
