"""What comes into the store room and what is found there: delivery notes (XML) and stock counts (CSV)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import NamedTuple
from xml.sax.saxutils import escape

from catalogue import DELIVERIES, INGREDIENTS, WASTE, Ingredient
from faults import FAULTY_COUNTS, FAULTY_NOTES, NOTE_FAULT, Fault

CENT = Decimal("0.01")
COUNT_HEADER = "counted_at,ingredient_id,kg,counted_by"
COUNTS = (("20261101", "2026-11-01 05:10:00", "Marc"), ("20261110", "2026-11-10 20:25:00", "Nadia"))
IDS = {each.name: f"ING-{number:03}" for number, each in enumerate(INGREDIENTS, start=1)}
CORRECTED = ("D-20261103-2", date(2026, 11, 7), "tomatoes", Decimal(10))
"""A note that comes again: on which day, and what is right on it (two kilograms were bad and went back)."""


class Line(NamedTuple):
    """An ingredient on a delivery note; the price is in cents per kilogram. `written` is the weight as it stands there."""

    ingredient: str
    kg: Decimal
    price: int
    written: str


class Note(NamedTuple):
    """A delivery note."""

    number: str
    supplier: str
    day: date
    lines: tuple[Line, ...]

    @property
    def amount(self) -> Decimal:
        """What the delivery costs in euros, each line rounded to the cent."""
        amounts = ((line.kg * line.price / 100).quantize(CENT, ROUND_HALF_UP) for line in self.lines)
        return sum(amounts, Decimal())


def delivery_notes(random: Random) -> list[Note]:
    """All notes as they are right in the end, by day."""
    costs = {each.name: each.cost for each in INGREDIENTS}
    notes: list[Note] = []
    for day, suppliers in DELIVERIES.items():
        for place, (supplier, goods) in enumerate(suppliers.items(), start=1):
            lines = tuple(
                Line(name, Decimal(kg), int(costs[name] * (0.97 + 0.05 * random.random())), kg) for name, kg in goods.items()
            )
            notes.append(Note(f"D-202611{day:02}-{place}", supplier, date(2026, 11, day), lines))
    number, _, name, right = CORRECTED
    return [_weighed_again(note, name, right) if note.number == number else note for note in notes]


def delivery_files(notes: Iterable[Note]) -> tuple[dict[str, str], list[Fault]]:
    """A file for each day on which something came.

    The note of `NOTE_FAULT` is wrong in its own file and right in that of the next day; the one of `CORRECTED` says another
    weight in its own file.
    """
    by_day: dict[date, list[str]] = {}
    faults: list[Fault] = []
    for note in notes:
        if note.number == NOTE_FAULT.number:
            faults.append(_fault(note.day, by_day.get(note.day, []), NOTE_FAULT.attribute, NOTE_FAULT.wrong))
        for day, version in _versions(note):
            by_day.setdefault(day, []).append(_xml(version))
        for wrong in FAULTY_NOTES:
            if wrong.after == note.number:
                faults.append(_fault(note.day, by_day[note.day], wrong.attribute, wrong.wrong, "required"))
                by_day[note.day].append(wrong.text)
    return {_file_name(day): _document(texts) for day, texts in sorted(by_day.items())}, faults


def _versions(note: Note) -> list[tuple[date, Note]]:
    """What comes of a note, and on which day: the right one last."""
    number, again, name, _ = CORRECTED
    if note.number == NOTE_FAULT.number:
        return [(note.day, _miswritten(note)), (note.day + timedelta(days=1), note)]
    if note.number == number:
        delivered = Decimal(DELIVERIES[note.day.day][note.supplier][name])
        return [(note.day, _weighed_again(note, name, delivered)), (again, note)]
    return [(note.day, note)]


def count_files(random: Random, notes: Iterable[Note], used: Mapping[str, Decimal]) -> tuple[dict[str, str], list[Fault]]:
    """The count before the first day and the one after the last: what came less what was used, and less what went bad.

    Args:
        random: How much went bad.
        notes: What was delivered in between.
        used: What was baked and sold in between, in kilograms by ingredient.
    """
    came = {each.name: Decimal() for each in INGREDIENTS}
    for line in (line for note in notes for line in note.lines):
        came[line.ingredient] += line.kg
    first = {each.name: Decimal(str(each.stock)) for each in INGREDIENTS}
    last = {each.name: _left(random, each, came[each.name], used[each.name]) for each in INGREDIENTS}
    files: dict[str, str] = {}
    faults: list[Fault] = []
    for (day, moment, who), found in zip(COUNTS, (first, last), strict=True):
        name = f"stock_counts_{day}.csv.gz"
        lines = [COUNT_HEADER, *(f"{moment},{IDS[each]},{kg},{who}" for each, kg in found.items())]
        for wrong in FAULTY_COUNTS:
            if wrong.day == day:
                lines.insert(wrong.line - 1, f"{moment},{wrong.text},{who}")
                faults.append(Fault(name, wrong.line, wrong.attribute, wrong.rule, wrong.wrong))
        files[name] = "\n".join(lines) + "\n"
    return files, faults


def _left(random: Random, ingredient: Ingredient, came: Decimal, used: Decimal) -> Decimal:
    """What is found in the end, on a scale that shows hundreds of grams."""
    wasted = used * Decimal(WASTE.get(ingredient.name, 1) + int(random.random() * 3)) / 100
    return (Decimal(str(ingredient.stock)) + came - used - wasted).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _weighed_again(note: Note, name: str, kg: Decimal) -> Note:
    return note._replace(
        lines=tuple(each._replace(kg=kg, written=str(kg)) if each.ingredient == name else each for each in note.lines)
    )


def _miswritten(note: Note) -> Note:
    lines = list(note.lines)
    lines[NOTE_FAULT.line] = lines[NOTE_FAULT.line]._replace(written=NOTE_FAULT.written)
    return note._replace(lines=tuple(lines))


def _fault(day: date, before: Iterable[str], attribute: str, wrong: str, rule: str = "pattern") -> Fault:
    line = 3 + sum(text.count("\n") + 1 for text in before)  # the declaration and the root come first
    return Fault(_file_name(day), line, attribute, rule, wrong)


def _file_name(day: date) -> str:
    return f"deliveries_{day:%Y%m%d}.xml"


def _document(notes: Iterable[str]) -> str:
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', "<deliveries>", *notes, "</deliveries>")) + "\n"


def _xml(note: Note) -> str:
    return "\n".join(_xml_lines(note))


def _xml_lines(note: Note) -> Iterator[str]:
    yield f'  <delivery number="{note.number}">'
    yield f"    <supplier>{escape(note.supplier)}</supplier>"
    yield f"    <delivered_on>{note.day}</delivered_on>"
    for line in note.lines:
        price = f"{line.price // 100}.{line.price % 100:02}"
        fields = f"<kg>{line.written}</kg><price_per_kg>{price}</price_per_kg>"
        yield f'    <line ingredient="{IDS[line.ingredient]}">{fields}</line>'
    yield "  </delivery>"
