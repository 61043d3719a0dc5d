"""`retention:` -> how old archived files, rejected rows and audit rows may get."""

from dataclasses import replace
from datetime import timedelta

from sl_assets.project.records import Project, Retention
from sl_assets.project.schedules import parse_duration
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Source
from sl_assets.spec.retention import ProjectRetentionSpec, RetentionSpec

KEEP = "keep"
SHORTEST = timedelta(days=1)
"""Shorter ones are mistakes: who writes `6m` for half a year would lose everything after six minutes."""

_HINT = f"Write a number of days or weeks, such as 90 days, or {KEEP}."


def read_project_retention(spec: ProjectRetentionSpec, source: Source, findings: Findings) -> Retention:
    """`application.retention`; SL240 for what is no duration, or one of less than a day."""
    return Retention(
        archive=_duration(spec.archive, source, findings, "archive"),
        rejects=_duration(spec.rejects, source, findings, "rejects"),
        audit=_duration(spec.audit, source, findings, "audit"),
        expectations=_duration(spec.expectations, source, findings, "expectations"),
        unresolved=_duration(spec.unresolved, source, findings, "unresolved"),
    )


def override_retention(above: Retention, spec: RetentionSpec | None, source: Source, findings: Findings) -> Retention:
    """What a domain or table says over what it inherits, key by key; `keep` takes an inherited limit away."""
    if spec is None:
        return above
    archive = above.archive if spec.archive is None else _duration(spec.archive, source, findings, "archive")
    rejects = above.rejects if spec.rejects is None else _duration(spec.rejects, source, findings, "rejects")
    return replace(above, archive=archive, rejects=rejects)


def has_retention(project: Project) -> bool:
    """Whether anything of a project is not kept for ever."""
    return any(
        each != Retention() for each in (project.settings.retention, *(table.retention for table in project.tables.values()))
    )


def _duration(text: str | None, source: Source, findings: Findings, key: str) -> timedelta | None:
    if text is None or text.strip().lower() == KEEP:
        return None
    duration = parse_duration(text)
    if duration is None:
        findings.error("SL240", source.place(key), source.subject(key), f'"{text}" is not a duration.', _HINT)
        return None
    if duration < SHORTEST:
        fact = f'"{text}" is less than a day (m are minutes, h are hours).'
        findings.error("SL240", source.place(key), source.subject(key), fact, _HINT)
        return None
    return duration
