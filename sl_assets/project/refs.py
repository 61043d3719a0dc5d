"""`refs.sl.yml` and `application.refs`: names in SQL that stand for tables of another name or domain."""

import re
from collections.abc import Iterable
from pathlib import Path

from sl_assets.project.patterns import python_pattern
from sl_assets.project.records import Ref
from sl_assets.project.scope import Scope
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Source, read_file
from sl_assets.spec.refs import RefsFile, RefSpec

FILE = "refs.sl.yml"


def read_refs(scope: Scope) -> tuple[Ref, ...]:
    """The references of a project, those of `refs.sl.yml` first. SL210 for what is no regular expression."""
    file = scope.location.metadata / FILE
    read = read_file(file, RefsFile, scope.variables, scope.findings) if file.is_file() else None
    application = scope.application
    own = _read(read.spec.refs, read.source.below("refs"), scope) if read else ()
    return (*own, *_read(application.spec.refs, application.source.below("refs"), scope))


def _read(specs: Iterable[RefSpec], source: Source, scope: Scope) -> tuple[Ref, ...]:
    found = [
        _ref(spec, source.below(index), scope.application.settings.database, scope.findings) for index, spec in enumerate(specs)
    ]
    return tuple(ref for ref in found if ref is not None)


def _ref(spec: RefSpec, source: Source, database: Path, findings: Findings) -> Ref | None:
    written = spec.input
    steps = {"database": written.database, "domain": written.domain, "table": written.table}
    if written.database is not None and written.domain is None:
        findings.error("SL106", source.place("input"), source.subject("input", "domain"), "is missing.", "A database needs it.")
        return None
    patterns: list[str] = []
    for key, text in steps.items():
        try:
            patterns += [python_pattern(text)] if text is not None else []
        except (re.error, OverflowError) as error:
            place, subject = source.place("input", key), source.subject("input", key)
            findings.error("SL210", place, subject, f'"{text}" is not a regular expression: {error}.')
            return None
    output = spec.output
    if output.database.casefold() not in ("", "sl_this_database", database.stem.casefold()):
        fact = "is not supported by this engine, ignored."
        hint = "Everything is in the project's one DuckDB file."
        findings.warning("SL109", source.place("output", "database"), source.subject("output", "database"), fact, hint)
    return Ref(tuple(patterns), (output.domain, output.table) if output.domain else (output.table,))
