"""`writeStrategy`: which one, with the key it needs, and what it cannot be combined with."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import get_args

from sl_assets.project.attributes import check_column
from sl_assets.project.choices import read_choices
from sl_assets.project.records import Attribute, StrategyName, StrategyTemplate, WriteStrategy
from sl_assets.project.types import BUILT_IN_TYPES
from sl_assets.project.write_templates import ENGINE, FOLDER
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.metadata import SinkSpec, WriteStrategySpec
from sl_assets.spec.read import Source

_BUILT_IN: tuple[str, ...] = get_args(StrategyName)
_KEYED = ("UPSERT_BY_KEY", "UPSERT_BY_KEY_AND_TIMESTAMP", "DELETE_THEN_INSERT", "SCD2")
_TIMED = ("UPSERT_BY_KEY_AND_TIMESTAMP", "SCD2")
_TIMES = ("date", "timestamp")


def read_strategy(
    spec: WriteStrategySpec,
    source: Source,
    findings: Findings,
    *,
    columns: Sequence[Attribute] | None,
    primary_key: tuple[str, ...],
    partitioned: bool,
    partition: tuple[str, ...] = (),
    history: tuple[str, str] = ("sl_start_ts", "sl_end_ts"),
    pattern: str | None = None,
    templates: Mapping[str, StrategyTemplate] = MappingProxyType({}),
) -> WriteStrategy:
    """A write strategy, checked.

    Args:
        spec: As written or inherited.
        source: Where it is written.
        findings: Takes SL212 (no such column), SL213 (something it needs is missing), SL214 (partitioned), SL217 (a column of
            SCD2 that is an attribute), SL108 (no such strategy), SL108 and SL224 (a choice per file that cannot be made).
        columns: The columns it can name; None when they are not known (a task without attributes).
        primary_key: Stands in for the key where the strategy names none.
        partitioned: Whether the table is built window by window.
        partition: The columns of `sink.partition`, which `check_sink` checks.
        history: What SCD2's two columns are called where the strategy does not name them.
        pattern: Of the table's files (Python's), for a load; None for a task.
        templates: The project's own strategies by name.
    """
    choices = read_choices(spec, source, findings, pattern)
    if not choices:
        _check_name(spec.type, source, findings, templates)
    routes: dict[str, tuple[str, ...]] = {choice.type: ("types",) for choice in choices} or {spec.type: ("type",)}
    keyed = any(kind in _KEYED or kind in templates for kind in routes)
    key = spec.key or (primary_key if keyed else ())
    for kind, route in routes.items():
        _check_needs(kind, spec, source, findings, *route, has_key=bool(key), has_partition=bool(partition))
        if partitioned:
            _check_partitioned(kind, source, findings, *route, own=kind in templates)
    timestamp = spec.timestamp
    if columns is not None:
        steps = [("key", index) if spec.key else ("type",) for index in range(len(key))]
        key = tuple(check_column(name, columns, source, findings, *at) for name, at in zip(key, steps, strict=True))
        timestamp = timestamp and check_column(timestamp, columns, source, findings, "timestamp")
    start, end = _history(spec, source, findings, history)
    if any(kind in _TIMED for kind in routes):
        _check_timestamp(timestamp, key, columns if pattern is not None else None, source, findings)
    if "SCD2" in routes:
        _check_history(start, end, columns if pattern is not None else None, source, findings)
    own = {column.name.casefold(): column.name for column in columns or ()}
    by_partition = "OVERWRITE_BY_PARTITION" in routes or any(kind in templates for kind in routes)
    by = tuple(own.get(name.casefold(), name) for name in partition) if by_partition else ()
    kind = "APPEND" if choices else spec.type
    used = tuple(templates[kind] for kind in routes if kind in templates)
    place = source.place("key" if spec.key else "type")
    return WriteStrategy(kind, tuple(dict.fromkeys(key)), timestamp, spec.on, by, start, end, choices, used, place)


def check_sink(spec: SinkSpec, source: Source, findings: Findings, columns: Sequence[Attribute] | None) -> bool:
    """Check a sink; whether it makes a view."""
    if columns is not None:
        for index, name in enumerate(spec.partition):
            check_column(name, columns, source, findings, "partition", index)
    if spec.materialized_view in ("MATERIALIZED_VIEW", "HYBRID"):
        fact = f'"{spec.materialized_view}" is not supported yet.'
        findings.error(
            "SL110", source.place("materializedView"), source.subject("materializedView"), fact, "Supported: TABLE, VIEW."
        )
    return spec.materialized_view == "VIEW"


def unique_key(strategy: WriteStrategy) -> tuple[str, ...]:
    """The columns a strategy keeps unique; none for one that keeps several rows of a key (versions, what an input repeats)."""
    unique = strategy.type in ("UPSERT_BY_KEY", "UPSERT_BY_KEY_AND_TIMESTAMP") and strategy.template is None
    return strategy.key if unique else ()


def history_columns(strategy: WriteStrategy) -> tuple[Attribute, ...]:
    """The two columns that SCD2 adds to a table; none for any other strategy."""
    if strategy.type != "SCD2":
        return ()
    timestamp = BUILT_IN_TYPES["timestamp"]
    start = "When this version of the row was written: the time of the load or transform."
    end = "When a newer version took its place; empty for the current one."
    return (
        Attribute(strategy.start, strategy.start, timestamp, comment=start),
        Attribute(strategy.end, strategy.end, timestamp, comment=end),
    )


def _check_name(kind: str, source: Source, findings: Findings, templates: Mapping[str, StrategyTemplate]) -> None:
    if kind not in _BUILT_IN and kind not in templates:
        known = dict.fromkeys((*_BUILT_IN, *templates))
        hint = f"{allowed(known, kind)} One of your own is a template: {FOLDER}/{ENGINE}/{kind.lower()}.j2."
        findings.error("SL108", source.place("type"), source.subject("type"), f'"{kind}" is unknown.', hint)


def _check_needs(
    kind: str,
    spec: WriteStrategySpec,
    source: Source,
    findings: Findings,
    *route: str,
    has_key: bool,
    has_partition: bool,
) -> None:
    if kind in _KEYED and not has_key:
        hint = "Write key: [...] with the names of the columns that tell rows apart."
        findings.error("SL213", source.place(*route), source.subject(*route), f"{kind} needs a key.", hint)
    if kind in _TIMED and spec.timestamp is None:
        hint = "Write timestamp: <column> with the column that tells which row is newer."
        findings.error("SL213", source.place(*route), source.subject(*route), f"{kind} needs a timestamp.", hint)
    if kind == "OVERWRITE_BY_PARTITION" and not has_partition:
        hint = "Write sink: {partition: [...]} with the columns whose values make a partition."
        findings.error("SL213", source.place(*route), source.subject(*route), f"{kind} needs sink.partition.", hint)


def _check_partitioned(kind: str, source: Source, findings: Findings, *route: str, own: bool) -> None:
    hint = "A partition replaces the rows of its window: leave out partitions, or write APPEND or OVERWRITE."
    if route == ("types",):
        fact = "a strategy chosen per file cannot be partitioned."
    elif own:
        fact = f"{kind} is a template of the project's own and cannot be partitioned."
    elif kind in _KEYED:
        fact = f"{kind} cannot be partitioned."
    else:
        return
    findings.error("SL214", source.place(*route), source.subject(*route), fact, hint)


def _check_timestamp(
    timestamp: str | None, key: Sequence[str], columns: Sequence[Attribute] | None, source: Source, findings: Findings
) -> None:
    if timestamp is None:
        return
    place, subject = source.place("timestamp"), source.subject("timestamp")
    if timestamp.casefold() in {name.casefold() for name in key}:
        hint = "A row with another timestamp would be another row: take it out of the key."
        findings.error("SL213", place, subject, f'"{timestamp}" is part of the key.', hint)
    column = next((column for column in columns or () if column.name == timestamp), None)
    if column and (column.type.primitive not in _TIMES or column.array):
        kind = f"a list of {column.type.name}" if column.array else column.type.name
        hint = "Name a column that is a date or a timestamp."
        findings.error("SL213", place, subject, f'"{timestamp}" is no time, it is of type {kind}.', hint)


def _history(spec: WriteStrategySpec, source: Source, findings: Findings, default: tuple[str, str]) -> tuple[str, str]:
    if (spec.start_ts is None) != (spec.end_ts is None):
        written, missing = ("startTs", "endTs") if spec.end_ts is None else ("endTs", "startTs")
        fact = f"{missing} is missing beside it."
        findings.error("SL213", source.place(written), source.subject(written), fact, "Write both or none.")
    return spec.start_ts or default[0], spec.end_ts or default[1]


def _check_history(start: str, end: str, columns: Sequence[Attribute] | None, source: Source, findings: Findings) -> None:
    taken = {column.name.casefold() for column in columns or ()}
    hint = "SCD2 adds this column and fills it: rename the attribute, or write startTs and endTs."
    for key, name in (("startTs", start), ("endTs", end)):
        if name.casefold() in taken:
            fact = f'"{name}" is already the name of an attribute.'
            findings.error("SL217", source.place(key), source.subject(key), fact, hint)
    if start.casefold() == end.casefold():
        fact = f'"{end}" is already the name of the column for the start.'
        findings.error("SL217", source.place("endTs"), source.subject("endTs"), fact, "Write two different names.")
