"""`sl-assets load-new`."""

import sys
from pathlib import Path

import click
from rich.console import Console

from sl_assets.cli.infer import FAILED, deliver, tell
from sl_assets.cli.project import make_console, project_or_exit
from sl_assets.cli.run import command as run
from sl_assets.project import load_project
from sl_assets.project.records import Project, TableKey
from sl_assets.spec.amend import AmendError
from sl_assets.steps.check import check_rules
from sl_assets.steps.infer.discover import Found, unclaimed_files
from sl_assets.steps.infer.propose import InferError, Proposal, Request, propose


@click.command("load-new")
@click.option("--dry-run", is_flag=True, help="Print the YAML; write nothing and load nothing.")
@click.pass_context
def command(context: click.Context, *, dry_run: bool) -> None:
    """Make tables of files that no table claims, and load them (Starlake's autoload).

    Every folder below the landing root that is no domain yet becomes one, and every kind of file in it a table; so does a kind
    of file in the landing folder of a domain that none of its tables claims. The YAML is inferred from all rows of all files,
    as `sl-assets infer` does, written into the project, and the files are loaded by it as `sl-assets run` loads.

    Exit code 0: all went well; 1: something could not be inferred or loaded; 2: the project has errors.
    """
    console = make_console()
    project = project_or_exit(console)
    found = unclaimed_files(project)
    if not found:
        tell(console, f"Nothing new: every file below {project.areas.incoming} belongs to a table.", "green")
        return
    made: list[TableKey] = []
    for each in found:
        proposal = _proposal(console, each, project)
        if proposal is not None and deliver(console, None if dry_run else project, proposal):
            made.append(each.key)
            if not dry_run:
                project = check_rules(load_project(project.root))
    if made and not dry_run:
        context.invoke(run, selection=" or ".join(f'key:"{key.domain}/{key.name}"' for key in made))
    if len(made) < len(found):
        sys.exit(FAILED)


def _proposal(console: Console, found: Found, project: Project) -> Proposal | None:
    """The YAML for some files; None, and the reason told, when there can be none."""
    files = ", ".join(file.name for file in found.files[:3]) + (" ..." if len(found.files) > 3 else "")  # noqa: PLR2004
    if found.problem:
        tell(console, f"{_folder(found)}: {files}: {found.problem}.", "red")
        return None
    try:
        proposal = propose(Request(found.files, found.key), project)
    except (InferError, AmendError) as error:
        tell(console, str(error), "red")
        return None
    if proposal.elsewhere:
        tell(console, f"{found.key}: {proposal.elsewhere}", "red")
        return None
    return proposal


def _folder(found: Found) -> Path:
    return found.files[0].parent
