"""Files that no table claims: new folders below the landing root, and new kinds of files in the landing folders of domains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sl_assets.areas.files import InputFile, list_files
from sl_assets.areas.landing import landed_files, sort_files
from sl_assets.project.records import Project, TableKey
from sl_assets.steps.infer.names import group_by_table, identifier, table_name


@dataclass(frozen=True)
class Found:
    """Files of which a table can be made. `problem`: why it cannot."""

    key: TableKey
    files: tuple[Path, ...]
    problem: str = ""


def unclaimed_files(project: Project) -> tuple[Found, ...]:
    """What lies in landing and belongs to no table, grouped by the table it seems to be for.

    Folders and files whose name begins with a dot are not looked at, nor are folders within the folders of domains.
    """
    return tuple(sorted((*_in_domains(project), *_in_new_folders(project)), key=lambda found: found.key))


def _in_domains(project: Project) -> Iterator[Found]:
    for name in project.domains:
        tables = project.tables_of(name)
        acks = {table.ack.lstrip(".") for table in tables if table.ack}
        files = landed_files(tables).unclaimed
        yield from _grouped(name, [file for file in files if file.path.suffix.lstrip(".") not in acks], project)


def _in_new_folders(project: Project) -> Iterator[Found]:
    root = project.areas.incoming
    landings = {landing.resolve() for name in project.domains for landing in project.landings_of(name)}
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if folder.is_dir() and not folder.name.startswith(".") and folder.resolve() not in landings:
            yield from _grouped(folder.name, list_files(folder), project)


def _grouped(domain: str, files: Sequence[InputFile], project: Project) -> Iterator[Found]:
    by_name = {file.name: file.path for file in files}
    for name, names in group_by_table(by_name).items():
        key = TableKey(domain, name)
        yield Found(key, tuple(by_name[each] for each in names), _problem(key, names, project))


def _problem(key: TableKey, names: Sequence[str], project: Project) -> str:
    if identifier(key.domain, "") != key.domain:
        return (
            f'"{key.domain}" is not a name for a domain. Hint: rename the folder; letters, digits and underscores, no digit first'
        )
    same = next((each for each in (*project.tables, *project.tasks) if _folded(each) == _folded(key)), None)
    if same is not None:
        fact = f"they look like files for {same}, whose pattern does not match {names[0]}"
        return f"{fact}. Hint: widen its pattern, or give the files another name"
    return ""


def _folded(key: TableKey) -> tuple[str, str]:
    return key.domain.casefold(), key.name.casefold()


def key_of(files: Sequence[Path], project: Project | None, domain: str | None, table: str | None) -> TableKey:
    """The table that files are for: as told; else the one that claims them; else the name of their folder, and theirs.

    Raises:
        ValueError: The folder's name is no name for a domain.
    """
    folder = files[0].resolve().parent
    domain = domain or next((name for name in (project.domains if project else ()) if folder in _landings(project, name)), None)
    domain = domain or folder.name
    if identifier(domain, "") != domain:
        raise ValueError(f'"{domain}" is not a name for a domain. Hint: --domain NAME says it; letters, digits, underscores.')
    if table is None and project is not None:
        claimed = sort_files([_as_input(files[0])], project.tables_of(domain)).by_table
        table = next((key.name for key, mine in claimed.items() if mine), None)
    return TableKey(domain, table or table_name(files[0].name))


def _landings(project: Project | None, domain: str) -> tuple[Path, ...]:
    return tuple(each.resolve() for each in project.landings_of(domain)) if project else ()


def _as_input(file: Path) -> InputFile:
    return next(each for each in list_files(file.parent) if each.path.name == file.name)
