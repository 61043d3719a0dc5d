"""The values of all fields, looked at with the project's own rules: a few rows first, then all that are left in question."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import duckdb

from sl_assets.formats import malformed, readings
from sl_assets.formats.guess import Field
from sl_assets.project.reading import Reading
from sl_assets.project.records import Attribute, Format, Table, TableKey, Type
from sl_assets.project.types import BUILT_IN_TYPES
from sl_assets.spec.place import Place
from sl_assets.sql.text import quote_name
from sl_assets.validation.candidates import candidates_for, could_fit, likeliest
from sl_assets.validation.profile import Leaf, Seen, Step, merge_seen, profile_sql, rare_sql, sample_sql, seen

NULLS = ("NA", "N/A", "NULL", "null", "\\N", "None", "NaN", "nan", "#N/A", "n/a", "-", "?")
"""Texts by which programs write "no value" into delimited files."""

_SAMPLE = 1_000
_CODE = re.compile(
    r"(?i)(?:^|[_ .-])(?:zip|post(?:al)?[_ -]?code|phone|telephone|mobile|fax|iban|siret|siren|ssn|ean|isbn)(?:$|[_ .-])"
)
Steps = tuple[Step, ...]
_SampleSql = Callable[[Reading, Sequence[Leaf], Sequence[str], int], str]


@dataclass(frozen=True)
class Look:
    """What was seen: the number of records, of lines that are none, and of each leaf what its values are."""

    records: int
    refused: int
    leaves: Mapping[Steps, tuple[Leaf, Seen]]


@dataclass(frozen=True)
class Looker:
    """Looks at files of one format; `types` and `timezone` are the project's."""

    paths: tuple[str, ...]
    connection: duckdb.DuckDBPyConnection
    types: Mapping[str, Type]
    timezone: str

    def look(self, form: Format, fields: Sequence[Field]) -> Look:
        """Which candidate types accept all values of each field, in all records of all files.

        Raises:
            UnreadableFileError, FormatError, duckdb.Error: The files cannot be read in this format.
        """
        table = probe(form, fields)
        leaves = tuple(
            Leaf(steps, candidates_for(_kind(field), self.types, form.separator if form.name == "DSV" else ";"))
            for steps, field in leaves_of(fields)
        )
        nulls = NULLS if form.name == "DSV" else ()
        narrowed = leaves if form.name == "PARQUET" else self._narrowed(table, leaves, nulls)
        records, refused, narrowed, found = self._settled(table, narrowed, nulls)
        if form.name == "PARQUET":  # a column has its type already, whatever the rule says of its text
            found = tuple(_trusted(each) if leaf.is_column else each for leaf, each in zip(narrowed, found, strict=True))
        return Look(records, refused, {leaf.steps: (leaf, each) for leaf, each in zip(narrowed, found, strict=True)})

    def is_unique(self, form: Format, fields: Sequence[Field], name: str) -> bool:
        """Whether no value of a field comes twice."""
        found = readings(probe(form, fields), self.paths, self.connection)
        parts = " UNION ALL ".join(f"SELECT {quote_name(name)} AS x FROM ({each.sql})" for each in found)
        ((unique,),) = self.connection.execute(f"SELECT count(*) = count(DISTINCT CAST(x AS VARCHAR)) FROM ({parts})").fetchall()
        return bool(unique)

    def _narrowed(self, table: Table, leaves: Sequence[Leaf], nulls: Sequence[str]) -> tuple[Leaf, ...]:
        """The leaves with the candidates that accept nearly all of some of their values; with none where there is no value."""
        texts = self._texts(table, leaves, nulls, sample_sql)
        rare = [number for number, found in enumerate(texts) if not found and leaves[number].candidates]
        if rare:
            for number, found in zip(rare, self._texts(table, [leaves[each] for each in rare], nulls, rare_sql), strict=True):
                texts[number] = found
        return tuple(
            replace(leaf, candidates=tuple(each for each in leaf.candidates if found and could_fit(each, found)))
            for leaf, found in zip(leaves, texts, strict=True)
        )

    def _settled(
        self, table: Table, leaves: Sequence[Leaf], nulls: Sequence[str]
    ) -> tuple[int, int, tuple[Leaf, ...], tuple[Seen, ...]]:
        """Ask about the likeliest candidates first, in one look at all values, and about the others only where those fail."""
        first = [replace(leaf, candidates=likeliest(leaf.candidates)) for leaf in leaves]
        records, refused, seen_first = self._ask(table, first, nulls)
        asked, found = list(first), list(seen_first)
        open_ones = [number for number, leaf in enumerate(leaves) if not _is_settled(leaf, first[number], seen_first[number])]
        if open_ones:
            _, _, again = self._ask(table, [leaves[number] for number in open_ones], nulls)
            for number, each in zip(open_ones, again, strict=True):
                asked[number], found[number] = leaves[number], each
        return records, refused, tuple(asked), tuple(found)

    def _texts(self, table: Table, leaves: Sequence[Leaf], nulls: Sequence[str], sql: _SampleSql) -> list[list[str]]:
        texts: list[list[str]] = [[] for _ in leaves]
        for reading in readings(table, self.paths, self.connection):
            for row in self.connection.execute(sql(reading, leaves, nulls, _SAMPLE)).fetchall():
                for found, value in zip(texts, row, strict=False):
                    values = cast("list[str | None]", value if isinstance(value, list) else [value])
                    found += [each for each in values if each and each not in nulls]
        return [list(dict.fromkeys(found)) for found in texts]

    def _ask(self, table: Table, leaves: Sequence[Leaf], nulls: Sequence[str]) -> tuple[int, int, tuple[Seen, ...]]:
        records = refused = 0
        merged: list[Seen | None] = [None] * len(leaves)
        for reading in readings(table, self.paths, self.connection):
            (row,) = self.connection.execute(profile_sql(reading, leaves, nulls, self.timezone)).fetchall()  # to the end
            records += int(row[0])
            merged = [merge_seen(one, seen(row[number], leaves[number - 1])) for number, one in enumerate(merged, start=1)]
            refused += self._refused(malformed(reading, self.connection))
        empty = (Seen(misfits=(0,) * len(leaf.candidates)) for leaf in leaves)
        return records, refused, tuple(found or none for found, none in zip(merged, empty, strict=True))

    def _refused(self, sql: str | None) -> int:
        row = self.connection.execute(f"SELECT count(*) FROM ({sql})").fetchone() if sql else None
        return int(row[0]) if row else 0


def _is_settled(leaf: Leaf, first: Leaf, found: Seen) -> bool:
    """Whether one of the candidates asked about accepts all values, or there are no others."""
    pairs = zip(first.candidates, found.misfits, strict=True)
    return len(first.candidates) == len(leaf.candidates) or any(not misfits and not each.varied for each, misfits in pairs)


def _trusted(found: Seen) -> Seen:
    return replace(found, misfits=(0,) * len(found.misfits))


def _kind(field: Field) -> str:
    return "string" if field.kind == "text" and is_code(field.name) else field.kind


def is_code(name: str) -> bool:
    """Whether a field is named like something that is written in digits and yet is no number: a post code, a telephone number."""
    return _CODE.search(name) is not None


def probe(form: Format, fields: Sequence[Field]) -> Table:
    """A table of the fields in which every value is text."""
    attributes = tuple(_attribute(field) for field in fields)
    return Table(TableKey("infer", "probe"), "probe", "infer", ".*", attributes, form, Place(Path("probe")))


def _attribute(field: Field) -> Attribute:
    name = field.kind if field.kind in ("struct", "variant") else "string"
    children = tuple(_attribute(each) for each in field.fields)
    return Attribute(field.name, field.name, BUILT_IN_TYPES[name], array=field.array, attributes=children)


def leaves_of(fields: Sequence[Field], above: Steps = ()) -> Iterator[tuple[Steps, Field]]:
    """The fields that have no fields of their own, each with the way to it."""
    for field in fields:
        steps = (*above, (field.name, field.array))
        if field.fields:
            yield from leaves_of(field.fields, steps)
        else:
            yield steps, field
