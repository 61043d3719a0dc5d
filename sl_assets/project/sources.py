"""`sources` of a task: files and tables that its steps name."""

import re
from collections.abc import Sequence

from sl_assets.project.file_paths import WORDS, Folders, check_path, format_of
from sl_assets.project.recipe import FileFormatName, FileSource, Scalar, TableSource
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.read import Source
from sl_assets.spec.task import SourceSpec

_NAME = re.compile(r"[A-Za-z_]\w*")
OPTIONS: dict[FileFormatName, tuple[str, ...]] = {
    "CSV": ("all_varchar", "dateformat", "decimal_separator", "delim", "escape", "header", "nullstr", "quote", "timestampformat"),
    "JSON_LINES": ("dateformat", "maximum_object_size", "timestampformat"),
    "PARQUET": ("hive_partitioning",),
}
"""What `options` may say about files of a format: parameters of DuckDB's readers."""


def read_sources(
    specs: Sequence[SourceSpec], source: Source, folders: Folders, findings: Findings
) -> tuple[FileSource | TableSource, ...]:
    """The sources that can be used; what is wrong with the others is SL282."""
    found: dict[str, FileSource | TableSource] = {}
    for index, spec in enumerate(specs):
        at = source.below(index)
        if not _NAME.fullmatch(spec.name):
            fact = f'"{spec.name}" is not a name for a source.'
            findings.error("SL282", at.place("name"), at.subject("name"), fact, "Write letters, digits and underscores.")
        elif spec.name.casefold() in {name.casefold() for name in found}:
            findings.error("SL282", at.place("name"), at.subject("name"), f'"{spec.name}" is the name of another source too.')
        elif (read := _read(spec, at, folders, findings)) is not None:
            found[spec.name] = read
    return tuple(found.values())


def _read(spec: SourceSpec, source: Source, folders: Folders, findings: Findings) -> FileSource | TableSource | None:
    if (spec.path is None) == (spec.table is None):
        fact = "has both path and table." if spec.path else "has neither path nor table."
        findings.error("SL282", source.place(), source.subject(), fact, "Write one of the two.")
        return None
    if spec.table is not None:
        return TableSource(spec.name, tuple(spec.table.split(".")), source.place("table"))
    path = spec.path or ""
    if not spec.outside:
        check_path(path, folders.root, folders, source, findings, "SL282")
    kind = _format(spec, path, source, findings)
    if kind is None:
        return None
    within = () if spec.outside else folders.within
    return FileSource(spec.name, path, kind, _options(spec, kind, source, findings), folders.root, within, source.place("path"))


def _format(spec: SourceSpec, path: str, source: Source, findings: Findings) -> FileFormatName | None:
    if spec.format is not None:
        return WORDS.get(spec.format, spec.format)  # type: ignore[return-value]
    kind = format_of(path)
    if kind is None:
        hint = "Write format: CSV, JSON_LINES or PARQUET."
        findings.error("SL282", source.place(), source.subject(), f'"{path}" does not tell the format of its files.', hint)
    return kind


def _options(spec: SourceSpec, kind: FileFormatName, source: Source, findings: Findings) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for name, value in spec.options.items():
        at = source.below("options", name)
        if name not in OPTIONS[kind]:
            findings.error("SL282", at.place(), at.subject(), f"is no option of {kind} files.", allowed(OPTIONS[kind], name))
        elif not isinstance(value, str):
            findings.error("SL282", at.place(), at.subject(), "is neither text nor number nor true or false.")
        else:
            found[name] = at.value(value)
    return found
