"""`sl-assets dev`."""

import os
import sys

import click

from sl_assets.cli.project import make_console, project_or_exit


@click.command("dev", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Start the Dagster UI and its daemon on the project, with the history that `sl-assets run` writes.

    Further arguments go to `dagster dev`, e.g. `sl-assets dev --port 3001`.
    """
    from sl_assets.orchestration.instance import open_instance, packaged, prepare_home  # noqa: PLC0415 - Dagster only when it is needed

    project = project_or_exit(make_console())
    environ = dict(os.environ)
    home = prepare_home(project.root, environ)
    environ["SL_ROOT"] = str(project.root)
    open_instance(project.root).dispose()  # make the history before webserver and daemon both try to
    # Dagster calls `dagster dev` "superseded" by `dg dev`, which needs a package users do not need otherwise.
    quiet = ["-W", "ignore:Function `dev_command` is superseded"]
    workspace = home / "sl_assets.workspace.yaml"
    workspace.write_text(packaged("workspace.yaml"), encoding="utf-8")
    dagster = [sys.executable, *quiet, "-m", "dagster", "dev", "-w", str(workspace), *arguments]
    os.chdir(home)  # where its dagster.yaml is; from elsewhere Dagster warns about the one it does not read
    os.execve(sys.executable, dagster, environ)  # noqa: S606 - our own interpreter
