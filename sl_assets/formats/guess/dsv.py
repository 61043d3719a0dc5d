"""Delimited text: separator, quote and escape, told by which of them makes records of equal length; and the header."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sl_assets.formats.dsv_dialect import dialect_of
from sl_assets.formats.dsv_header import header_of, skipped_rows
from sl_assets.formats.guess.fields import Field, Guess, GuessError, merge_fields
from sl_assets.formats.guess.headers import has_header, plain_names
from sl_assets.project.records import Format

_SEPARATORS = ("\t", "|", ";", ",", "\x01", "\x1f", "¦", "^", "~")
_SAMPLE = 1 << 18
_MOST_SAMPLES = 8
_STEADY = 0.8
_NUMBER = re.compile(r"-?\d+,\d+")
_BARE_NUMBER = re.compile(r"[-+]?[0-9.eE]+")
_GAPS = re.compile(r"\S {2,}\S")
_WIDE_GAPS = re.compile(r"\S {4,}\S")
_FIXED_LENGTH = 20
_SINGLE = re.compile(r"(?:^|[\t|;,])'[^'\n]*'(?:[\t|;,\n]|$)")


@dataclass(frozen=True)
class _Way:
    """One way to read the samples: how many of the records have the usual number of columns, and how many that is."""

    format: Format
    records: tuple[tuple[str, ...], ...]
    columns: int
    steady: float

    @property
    def rank(self) -> tuple[float, int]:
        return (round(self.steady, 2), self.columns)


def guess_dsv(files: Sequence[str], *, header: bool | None = None) -> Guess:
    """Delimited text.

    Raises:
        GuessError: It looks like fixed-width text, or cannot be taken apart.
    """
    samples = [_sample(file) for file in files[:_MOST_SAMPLES]]
    ways = _ways(samples)
    if not ways:
        raise GuessError(files[0], "content", "is no text with a separator", "Supported: tab, | ; , and a few others.")
    best = ways[0]
    if best.columns == 1 and _looks_fixed(samples[0]):
        reason = "looks like fixed-width text (POSITION): its lines have gaps and no separator"
        raise GuessError(
            files[0], "format", reason, "write the attributes with `position` by hand; no file tells where they end."
        )
    first_rows = [way for sample in samples if (way := _records(sample, best.format))]
    headed = has_header(first_rows) if header is None else header
    form, fields, notes = _named(files, replace(best.format, with_header=headed), best.columns)
    if headed and header is None and all(each.kind == "text" for each in fields) and best.columns == 1:
        notes = (*notes, "whether the first line is a header is a guess in a file of one column")
    named = {"with_header": form.with_header, "options": form.options}
    others = tuple(replace(way.format, **named) for way in ways[1:] if way.columns == best.columns)
    return Guess(form, fields, notes, others)


def dsv_shape(files: Sequence[str], form: Format) -> tuple[Field, ...]:
    """The columns that the headers of files name.

    Raises:
        GuessError: The files have no header.
    """
    if not form.with_header:
        raise GuessError(files[0], "withHeader", "is false, so the files do not name their columns")
    found = (header_of(file, dialect_of(form), skipped_rows(form)) for file in files)
    return merge_fields(tuple(Field(name, "text") for name in each[0]) for each in found if each)


def _named(files: Sequence[str], form: Format, columns: int) -> tuple[Format, tuple[Field, ...], tuple[str, ...]]:
    """The fields by their names; by their order where the names cannot tell them apart."""
    if not form.with_header:
        return form, tuple(Field(f"column_{number}", "text") for number in range(1, columns + 1)), ()
    headers = [each for file in files if (each := header_of(file, dialect_of(form), 0))]
    names = [header for header, _ in headers]
    if all(plain_names(each) for each in names):
        return form, merge_fields(tuple(Field(name, "text") for name in each) for each in names), ()
    if len(set(headers)) > 1:
        raise GuessError(files[0], "header", "has names that are empty or not unique, and not all files have the same header")
    ordered = replace(form, with_header=False, options={**form.options, "skipRows": str(headers[0][1])})
    note = "the header has names that are empty or not unique: it is skipped, and columns count by their order"
    return ordered, tuple(Field(name, "text") for name in _unique(names[0])), (note,)


def _unique(names: Sequence[str]) -> list[str]:
    taken: set[str] = set()
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        usable = name.strip() if plain_names((name,)) else ""
        base = usable or f"column_{number}"
        candidates = (base, *(f"{base}_{again}" for again in range(2, len(names) + 2)))
        chosen = next(each for each in candidates if each.casefold() not in taken)
        taken.add(chosen.casefold())
        found.append(chosen)
    return found


def _sample(file: str) -> str:
    """The beginning of a file, up to the end of a line."""
    with Path(file).open("rb") as stream:
        start = stream.read(_SAMPLE)
        whole = not stream.read(1)
    text = start.decode("utf-8-sig", errors="ignore").replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    return text if whole or "\n" not in text else text[: text.rfind("\n") + 1]


def _ways(samples: Sequence[str]) -> list[_Way]:
    ways = [way for separator in _SEPARATORS for form in _formats(samples, separator) if (way := _way(samples, form))]
    several = [way for way in ways if way.columns > 1 and way.steady >= _STEADY]
    if several:
        ordered = sorted(several, key=lambda way: way.rank, reverse=True)
        return _without_decimal_commas(ordered)
    single = [way for way in ways if way.format.separator == ","]
    return [replace(way, columns=1) for way in single[:1]] if single and max(way.columns for way in single) == 1 else single


def _formats(samples: Sequence[str], separator: str) -> list[Format]:
    """The formats with a separator: quoted with " as nearly all are, with ' where it looks so, not at all."""
    form = Format(separator=separator)
    formats = [form]
    if any('\\"' in sample for sample in samples):
        formats.append(replace(form, escape='"'))
    if any(_SINGLE.search(sample) for sample in samples) and not any('"' in sample for sample in samples):
        single = replace(form, quote="'", escape="'")
        formats.insert(0 if _all_single(samples, single) else 1, single)
    if any('"' in sample for sample in samples):
        formats.append(replace(form, quote="", escape=""))
    return formats


def _all_single(samples: Sequence[str], form: Format) -> bool:
    """Whether every cell that is no number stands between single quotes."""
    bare = replace(form, quote="", escape="")
    cells = (cell.strip() for sample in samples for record in _records(sample, bare) for cell in record)
    return all(not cell or cell[0] == cell[-1] == "'" or _BARE_NUMBER.fullmatch(cell) for cell in cells)


def _way(samples: Sequence[str], form: Format) -> _Way | None:
    records = tuple(record for sample in samples for record in _records(sample, form))
    if not records:
        return None
    columns, usual = Counter(len(record) for record in records).most_common(1)[0]
    steady = usual / len(records)
    broken = sum(_is_broken(cell, form) for record in records for cell in record)
    return _Way(form, records, columns, steady - broken / (len(records) * max(columns, 1)))


def _is_broken(cell: str, form: Format) -> bool:
    """Whether a cell shows that its quotes were not understood."""
    if form.quote:
        return cell.count(form.quote) % 2 == 1 and cell.startswith(form.quote)
    return cell.startswith('"') and cell.endswith('"')


def _records(sample: str, form: Format) -> tuple[tuple[str, ...], ...]:
    if not form.quote:
        return tuple(tuple(line.split(form.separator)) for line in sample.split("\n") if line)
    doubled = form.escape == form.quote or (form.escape + form.quote) not in sample
    try:
        reader = csv.reader(
            io.StringIO(sample, newline=""),
            delimiter=form.separator,
            quotechar=form.quote,
            doublequote=doubled,
            escapechar=None if doubled else form.escape,
        )
        return tuple(tuple(record) for record in reader if record)
    except csv.Error:
        return ()


def _without_decimal_commas(ways: list[_Way]) -> list[_Way]:
    """`1,5;2,5` is two numbers: where `;` divides as evenly and every comma is within a number, the comma is no separator."""
    semicolons = next((way for way in ways if way.format.separator == ";" and way.steady == 1), None)
    if ways[0].format.separator != "," or semicolons is None:
        return ways
    with_comma = [cell for record in semicolons.records for cell in record if "," in cell]
    if with_comma and all(_NUMBER.fullmatch(cell.strip()) for cell in with_comma):
        return [way for way in ways if way.format.separator != ","]
    return ways


def _looks_fixed(sample: str) -> bool:
    lines = [line for line in sample.split("\n") if line]
    length, usual = Counter(len(line) for line in lines).most_common(1)[0]
    gap = _GAPS if 2 * usual > len(lines) else _WIDE_GAPS
    return len(lines) > 1 and length >= _FIXED_LENGTH and 2 * sum(gap.search(line) is not None for line in lines) > len(lines)
