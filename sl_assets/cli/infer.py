"""`sl-assets infer`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from sl_assets.cli.diagnostics import print_diagnostics
from sl_assets.cli.project import CONFIG_ERROR, WIDE, make_console, project_or_exit
from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets.spec.amend import AmendError
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.steps.infer.amendment import amend
from sl_assets.steps.infer.discover import key_of
from sl_assets.steps.infer.names import group_by_table, identifier
from sl_assets.steps.infer.propose import InferError, Proposal, Request, propose
from sl_assets.steps.infer.save import save

FAILED = 1


@click.command("infer")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--domain", help="The domain of the table; without it, the one whose landing folder the files are in, or their folder."
)
@click.option("--table", help="The name of the table, for all of the files; without it, as the files are called.")
@click.option(
    "--header/--no-header", default=None, help="Whether delimited text begins with a header; without it, that is guessed."
)
@click.option("--row-tag", help="The element of XML files that is a record; without it, that is guessed.")
@click.option("--required", is_flag=True, help="Mark every attribute that all records fill as required.")
@click.option("--write", is_flag=True, help="Write the YAML into the project instead of printing it.")
@click.option("--force", is_flag=True, help="Change types in existing YAML that refuse values of the files.")
def command(
    files: tuple[Path, ...],
    domain: str | None,
    table: str | None,
    row_tag: str | None,
    *,
    header: bool | None,
    required: bool,
    write: bool,
    force: bool,
) -> None:
    """Propose the YAML of a table from its files: format, encoding, types, nested structure, pattern.

    Every row of all FILES is looked at, and the result is tried with the rules that a load uses. Files that are called
    differently are taken for different tables. A table that has YAML already is amended: attributes that the files have and it
    lacks are added, nothing is removed, comments and order stay.

    Exit code 0: all went well; 1: something could not be inferred; 2: the project has errors.
    """
    console = make_console() if write else _aside()
    project = project_or_exit(console) if write else _project_if_any(console)
    if table is not None and identifier(table, "") != table:
        raise click.BadParameter(f'"{table}" is not a name for a table: letters, digits and underscores.', param_hint="--table")
    done = True
    for group in _groups(files, together=table is not None):
        try:
            request = Request(group, key_of(group, project, domain, table), header, row_tag, required)
            proposal = infer(request, project, force=force)
        except (InferError, AmendError, ValueError) as error:
            tell(console, str(error), "red")
            done = False
            continue
        done = deliver(console, project if write else None, proposal) and done
    if not done:
        sys.exit(FAILED)


def infer(request: Request, project: Project | None, *, force: bool = False) -> Proposal:
    """What is proposed for files: new YAML, or an amendment of what there is.

    Raises:
        InferError, AmendError: Nothing can be proposed.
    """
    table = project.tables.get(request.key) if project else None
    if project is None or table is None:
        return propose(request, project)
    return amend(request, project, table, force=force)


def deliver(console: Console, project: Project | None, proposal: Proposal) -> bool:
    """Write a proposal into a project, or print it where there is none; False, and nothing written, when it has problems."""
    if proposal.problems:
        tell(console, f"{proposal.key}: the project would have errors with this YAML, so nothing is written:", "red")
        print_diagnostics(console, proposal.problems)
        return False
    for remark in (*proposal.remarks, proposal.elsewhere):
        if remark:
            tell(console, f"{proposal.key}: {remark}", "yellow")
    if not proposal.changes:
        tell(console, f"{proposal.key}: nothing to add, its YAML has every field of the files.", "green")
    elif project is None:
        _print(proposal)
    else:
        try:
            written = save(project.metadata, proposal.changes)
        except OSError as error:
            tell(console, f"{proposal.key}: nothing was written: {error}.", "red")
            return False
        for path in written:
            tell(console, f"{proposal.key}: wrote {path}", "green")
    return True


def tell(console: Console, text: str, style: str = "") -> None:
    """One sentence, as it stands."""
    console.print(Text(text, style), soft_wrap=True, highlight=False)


def _aside() -> Console:
    """Where remarks go while YAML goes to the standard output."""
    console = Console(stderr=True)
    return console if console.is_terminal else Console(stderr=True, width=WIDE)


def _project_if_any(console: Console) -> Project | None:
    """The project whose types count; a folder without one is no mistake here."""
    try:
        return load_project()
    except ProjectError as error:
        if any(each.code != "SL200" for each in error.diagnostics):
            print_diagnostics(console, error.diagnostics)
            sys.exit(CONFIG_ERROR)
        return None


def _groups(files: Sequence[Path], *, together: bool) -> tuple[tuple[Path, ...], ...]:
    if together:
        return (tuple(files),)
    by_table: dict[tuple[Path, str], list[Path]] = {}
    for file in files:
        (name,) = group_by_table([file.name])
        by_table.setdefault((file.resolve().parent, name), []).append(file)
    return tuple(tuple(each) for each in by_table.values())


def _print(proposal: Proposal) -> None:
    for path, text in proposal.changes.items():
        sys.stdout.write(f"---\n# {path.as_posix()}\n{text}")
