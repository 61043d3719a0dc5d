"""One look at all values of all fields: which of their candidate types accepts every one of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sl_assets.project.reading import Reading
from sl_assets.project.records import Attribute
from sl_assets.sql.text import quote_name, quote_text
from sl_assets.validation.candidates import Candidate, guarded, is_sure
from sl_assets.validation.types import rule_of

Step = tuple[str, bool]
"""A name within a record and whether its value is an array."""


@dataclass(frozen=True)
class Leaf:
    """A field without fields of its own: the way to it, and the types its values may have."""

    steps: tuple[Step, ...]
    candidates: tuple[Candidate, ...] = ()

    @property
    def column(self) -> str:
        """The top-level field it is in."""
        return self.steps[0][0]

    @property
    def is_column(self) -> bool:
        """Whether it is a column by itself, one value a record."""
        return len(self.steps) == 1 and not self.many

    @property
    def many(self) -> bool:
        """Whether a record may have several values of it."""
        return any(array for _, array in self.steps)


@dataclass(frozen=True)
class Seen:
    """What was seen of a leaf.

    Attributes:
        filled: Records in which it has a value that is neither NULL nor one of the null texts.
        misfits: For each of its candidates in how many records it refuses a value.
        varied: Whether there are at least two different values, letter case apart.
        nulls: The null texts among its values.
    """

    filled: int = 0
    misfits: tuple[int, ...] = ()
    varied: bool = False
    nulls: tuple[str, ...] = ()


def sample_sql(reading: Reading, leaves: Sequence[Leaf], _nulls: Sequence[str], limit: int) -> str:
    """A SELECT of the texts of each leaf (a list, where a record may have several), in the first records."""
    columns = [f"{_values(leaf, reading)} AS x{number}" for number, leaf in enumerate(leaves)]
    return f"SELECT {', '.join(columns) or '1'} FROM ({reading.sql}) LIMIT {limit}"


def rare_sql(reading: Reading, leaves: Sequence[Leaf], nulls: Sequence[str], limit: int) -> str:
    """A SELECT of one row: for each leaf a list of some of its texts, from wherever in the files they are."""
    marks = ", ".join(quote_text(each) for each in ("", *nulls))
    columns = [f"{_values(leaf, reading)} AS x{number}" for number, leaf in enumerate(leaves)]
    some = [
        f"min(list_min(list_filter(x{number}, lambda x: x NOT IN ({marks}))), {limit})"
        if leaf.many
        else f"min(x{number}, {limit}) FILTER (x{number} NOT IN ({marks}))"
        for number, leaf in enumerate(leaves)
    ]
    return f"SELECT {', '.join(some)} FROM (SELECT {', '.join(columns)} FROM ({reading.sql}))"


def profile_sql(reading: Reading, leaves: Sequence[Leaf], nulls: Sequence[str], timezone: str) -> str:
    """A SELECT of one row: the number of records, then for each leaf a struct of what `Seen` has.

    Args:
        reading: The records; a leaf's column must be in it.
        leaves: What is asked for.
        nulls: Texts that stand for "no value" in some files, such as `NA`.
        timezone: Of local timestamps.
    """
    columns = [f"{_values(leaf, reading)} AS x{number}" for number, leaf in enumerate(leaves)]
    rows = f"SELECT {', '.join(columns) or '1 AS x'} FROM ({reading.sql})"
    parts = [f"{_seen(leaf, f'x{number}', nulls, timezone)} AS s{number}" for number, leaf in enumerate(leaves)]
    return f"SELECT {', '.join(['count(*) AS records', *parts])} FROM ({rows})"


def seen(value: Mapping[str, object], leaf: Leaf) -> Seen:
    """What one of the structs says."""
    misfits = tuple(int(str(value[f"c{number}"])) for number in range(len(leaf.candidates)))
    nulls = tuple(str(each) for each in cast("list[object]", value["nulls"] or []))
    return Seen(int(str(value["filled"])), misfits, bool(value["varied"]), nulls)


def merge_seen(one: Seen | None, other: Seen) -> Seen:
    """What was seen in two readings together."""
    if one is None:
        return other
    misfits = tuple(first + second for first, second in zip(one.misfits, other.misfits, strict=True))
    nulls = tuple(dict.fromkeys((*one.nulls, *other.nulls)))
    return Seen(one.filled + other.filled, misfits, one.varied or other.varied, nulls)


def _values(leaf: Leaf, reading: Reading) -> str:
    """SQL of the text of a leaf, or of the list of its texts."""
    column = quote_name(leaf.column)
    kind = reading.kinds.get(leaf.column, reading.representation)
    if leaf.column not in reading.present:
        return "CAST(NULL AS VARCHAR[])" if leaf.many else "CAST(NULL AS VARCHAR)"
    if kind != "json":
        return f"CAST({column} AS VARCHAR)"
    path = "$" + "".join(_step(step, first=number == 0) for number, step in enumerate(leaf.steps))
    return f"({column} ->> {quote_text(path)})"


def _step(step: Step, *, first: bool) -> str:
    name, array = step
    return ("" if first else "." + json.dumps(name, ensure_ascii=False)) + ("[*]" if array else "")


def _seen(leaf: Leaf, source: str, nulls: Sequence[str], timezone: str) -> str:
    """SQL of the struct. A scalar is asked as it is, a list by what is true of all its members."""
    marks = ", ".join(quote_text(each) for each in nulls)
    text = "x" if leaf.many else source
    is_null = f"{text} IN ({marks})" if marks else "false"
    usable = f"({text} IS NOT NULL AND {text} <> '' AND NOT {is_null})"
    fits = [_fits(candidate, text, timezone) for candidate in leaf.candidates]
    if leaf.many:
        kept = f"list_filter({source}, lambda x: {usable})"
        members = {
            "filled": f"count(*) FILTER (len({kept}) > 0)",
            "varied": f"min(list_min([lower(y) FOR y IN {kept}])) <> max(list_max([lower(y) FOR y IN {kept}]))",
            "nulls": "CAST([] AS VARCHAR[])",
            **{
                f"c{number}": f"count(*) FILTER (NOT list_bool_and(list_transform({kept}, lambda x: {each})))"
                for number, each in enumerate(fits)
            },
        }
    else:
        members = {
            "filled": f"count(*) FILTER ({usable})",
            "varied": f"min(lower({text})) FILTER ({usable}) <> max(lower({text})) FILTER ({usable})",
            "nulls": f"list(DISTINCT {text}) FILTER ({is_null})",
            **{f"c{number}": f"count(*) FILTER ({usable} AND NOT {each})" for number, each in enumerate(fits)},
        }
    return "{" + ", ".join(f"'{name}': {sql}" for name, sql in members.items()) + "}"


def _fits(candidate: Candidate, text: str, timezone: str) -> str:
    """SQL: the type's own rule accepts a text, and so do the candidate's further conditions."""
    rule = rule_of(Attribute("x", "x", candidate.type), timezone)
    value = rule.cast(text)
    parts = guarded(candidate, text, value)
    if rule.matches is not None:
        parts.append(rule.matches(text))
    if rule.converts is not None:
        parts.append(rule.converts(text, value))
    whole = f"coalesce({' AND '.join(parts) or 'true'}, false)"
    if rule.surely is None or not is_sure(candidate):
        return whole
    return f"CASE WHEN {rule.surely(text, value)} THEN true ELSE {whole} END"
