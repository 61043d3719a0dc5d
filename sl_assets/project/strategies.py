"""`writeStrategy`: which one, with the key it needs, and what it cannot be combined with."""

from collections.abc import Sequence

from sl_assets.project.attributes import check_column
from sl_assets.project.records import Attribute, WriteStrategy
from sl_assets.spec.findings import Findings
from sl_assets.spec.metadata import SinkSpec, WriteStrategySpec
from sl_assets.spec.read import Source

_HONOURED = ("APPEND", "OVERWRITE", "UPSERT_BY_KEY")
_KEYED = ("UPSERT_BY_KEY", "UPSERT_BY_KEY_AND_TIMESTAMP", "DELETE_THEN_INSERT", "SCD2")
_TIMED = ("UPSERT_BY_KEY_AND_TIMESTAMP", "SCD2")
_UNPARTITIONED = ("UPSERT_BY_KEY", "UPSERT_BY_KEY_AND_TIMESTAMP", "SCD2")


def read_strategy(
    spec: WriteStrategySpec,
    source: Source,
    findings: Findings,
    *,
    columns: Sequence[Attribute] | None,
    primary_key: tuple[str, ...],
    partitioned: bool,
) -> WriteStrategy:
    """A write strategy, checked.

    Args:
        spec: As written or inherited.
        source: Where it is written.
        findings: Takes SL110 (not supported yet), SL212 (no such column), SL213 (no key), SL214 (partitioned).
        columns: The columns it can name; None when they are not known (a task without attributes).
        primary_key: Stands in for the key where the strategy names none.
        partitioned: Whether the table is built window by window.

    Returns:
        The strategy; APPEND in the place of one that is not supported.
    """
    _check_support(spec, source, findings)
    key = spec.key or (primary_key if spec.type in _KEYED else ())
    if spec.type in _KEYED and not key:
        hint = "Write key: [...] with the names of the columns that tell rows apart."
        findings.error("SL213", source.place("type"), source.subject("type"), f"{spec.type} needs a key.", hint)
    if spec.type in _TIMED and spec.timestamp is None:
        hint = "Write timestamp: <column> with the column that tells which row is newer."
        findings.error("SL213", source.place("type"), source.subject("type"), f"{spec.type} needs a timestamp.", hint)
    if partitioned and spec.type in _UNPARTITIONED:
        hint = "A partition replaces the rows of its window: leave out partitions, or write APPEND or OVERWRITE."
        findings.error("SL214", source.place("type"), source.subject("type"), f"{spec.type} cannot be partitioned.", hint)
    timestamp = spec.timestamp
    if columns is not None:
        steps = [("key", index) if spec.key else ("type",) for index in range(len(key))]
        key = tuple(check_column(name, columns, source, findings, *at) for name, at in zip(key, steps, strict=True))
        timestamp = timestamp and check_column(timestamp, columns, source, findings, "timestamp")
    kind = spec.type if spec.type in _HONOURED else "APPEND"
    return WriteStrategy(kind, key, timestamp, spec.on)


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


def _check_support(spec: WriteStrategySpec, source: Source, findings: Findings) -> None:
    if spec.types:
        fact = "a strategy chosen per file is not supported yet."
        findings.error("SL110", source.place("types"), source.subject("types"), fact, "Write one strategy as type.")
    if spec.type not in _HONOURED:
        fact = f'"{spec.type}" is not supported yet.'
        findings.error("SL110", source.place("type"), source.subject("type"), fact, f"Supported: {', '.join(_HONOURED)}.")
