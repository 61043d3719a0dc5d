"""`sinks` of a task, and a `sink` with a format: files that its rows are written to."""

from collections.abc import Sequence
from pathlib import PurePath

from sl_assets.project.file_paths import SUFFIXES, WORDS, Folders, check_path, format_of
from sl_assets.project.recipe import FileFormatName, FileSink
from sl_assets.project.records import AreaPaths, TableKey
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.metadata import SinkSpec
from sl_assets.spec.read import Source
from sl_assets.spec.task import FileSinkSpec

ENDINGS: dict[FileFormatName, str] = {"CSV": ".csv", "JSON_LINES": ".jsonl", "PARQUET": ".parquet"}
EXPORT = "export"
"""The folder of `datasets` in which files are that have no path of their own."""


def read_file_sinks(
    specs: Sequence[FileSinkSpec], source: Source, key: TableKey, areas: AreaPaths, folders: Folders, findings: Findings
) -> tuple[FileSink, ...]:
    """The files that a task's table is written to as well; SL283 where two are the same, or one has no format."""
    found: dict[str, FileSink] = {}
    for index, spec in enumerate(specs):
        at = source.below(index)
        sink = _read(spec.path, spec.format, spec.partition, at, key, areas, folders, findings, outside=spec.outside)
        if sink is None:
            continue
        if sink.path in found:
            findings.error("SL283", at.place("path"), at.subject("path"), f'"{sink.path}" is written by another sink too.')
        found[sink.path] = sink
    return tuple(found.values())


def read_file_sink(
    spec: SinkSpec, source: Source, key: TableKey, areas: AreaPaths, folders: Folders, findings: Findings
) -> FileSink | None:
    """The files that a task writes in the place of a table; None: it writes a table."""
    if spec.format is None:
        if spec.path is not None:
            hint = "Write format: CSV, JSON_LINES or PARQUET beside it."
            findings.error("SL283", source.place("path"), source.subject("path"), "goes with files only.", hint)
        return None
    if spec.format not in (*ENDINGS, *WORDS):
        fact = f'"{spec.format}" is not supported yet, ignored: the rows go to a table.'
        findings.warning("SL109", source.place("format"), source.subject("format"), fact, allowed(ENDINGS))
        return None
    return _read(spec.path, spec.format, spec.partition, source, key, areas, folders, findings, outside=spec.outside)


def _read(
    path: str | None,
    written: str | None,
    partition: Sequence[str],
    source: Source,
    key: TableKey,
    areas: AreaPaths,
    folders: Folders,
    findings: Findings,
    *,
    outside: bool,
) -> FileSink | None:
    kind = WORDS.get(written or "", written) or (format_of(path) if path else None)
    if kind not in ENDINGS:
        fact = f'"{path}" does not tell the format of its files.' if path else "has neither format nor path."
        findings.error("SL283", source.place("format"), source.subject("format"), fact, allowed(ENDINGS))
        return None
    if path is None:
        path = f"{EXPORT}/{key.domain}/{key.name}{'' if partition else ENDINGS[kind]}"
    if not outside:
        check_path(path, areas.datasets, folders, source, findings, "SL283")
    if partition and PurePath(path).suffix.lower() in SUFFIXES:
        fact = f'"{path}" is one file, and partition writes a folder of them.'
        findings.error("SL283", source.place("path"), source.subject("path"), fact, "Write the path of a folder.")
    for index, name in enumerate(partition):
        if not name.isidentifier():
            at = source.below("partition", index)
            findings.error("SL283", at.place(), at.subject(), f'"{name}" cannot be the name of a folder.', "Rename the column.")
    if partition and kind == "JSON_LINES":
        fact = "cannot be had of JSON_LINES: DuckDB writes them into one file."
        findings.error("SL283", source.place("partition"), source.subject("partition"), fact, "Allowed: CSV, PARQUET.")
    within = () if outside else folders.within
    return FileSink(kind, path, tuple(partition), areas.datasets, within, source.place())
