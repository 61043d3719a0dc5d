"""Which files of a project a proposal writes, and how their text comes about."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sl_assets.project.records import Project, TableKey, Type
from sl_assets.spec.amend import AmendError, append_items
from sl_assets.spec.written import WrittenTable, WrittenType, domain_text, table_text, type_lines, types_text

Changes = Mapping[Path, str]
"""The new text of files, by path relative to the config folder; in the order in which they may be written one by one."""

TYPES = Path("types/types.sl.yml")


def types_change(types: Sequence[Type], metadata: Path | None) -> Changes:
    """The types that a project lacks, at the end of `types/types.sl.yml`.

    Raises:
        AmendError: That file cannot be amended.
    """
    written = [WrittenType(each.name, each.primitive, each.pattern, each.zone) for each in types]
    if not written:
        return {}
    file = metadata / TYPES if metadata else None
    if file is None or not file.exists():
        return {TYPES: types_text(written)}
    return {TYPES: append_items(text_of(file), ("types",), lambda indent: type_lines(written, indent), file, len(written))}


def domain_change(domain: str, metadata: Path | None) -> Changes:
    """`_config.sl.yml` of a domain that has none."""
    path = Path("load") / domain / "_config.sl.yml"
    exists = metadata is not None and (metadata / path).exists()
    return {} if exists else {path: domain_text(f"{{{{SL_INCOMING}}}}/{domain}")}


def table_change(key: TableKey, table: WrittenTable, project: Project | None) -> Changes:
    """The file of a new table; in the folder of its domain's other tables, which need not be named like the domain."""
    others = project.tables_of(key.domain) if project else ()
    files = (each.place.file for each in others if not each.place.file.name.startswith("_config."))
    first = next(files, None)
    folder = first.parent.relative_to(project.metadata) if project and first else Path("load") / key.domain
    return {folder / f"{key.name}.sl.yml": table_text(table)}


def text_of(file: Path) -> str:
    """The text of a file with its own line ends.

    Raises:
        AmendError: It is not UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise AmendError(f"{file}  cannot be amended: it is not UTF-8 text.") from error
