"""What the bakery bought, paid and lost, counted in the sample files themselves and by no code of the package."""

import csv
import gzip
import json
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Collection, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple

CENT = Decimal("0.01")
GRAM = Decimal("0.001")


class Note(NamedTuple):
    """A delivery note: the lines are ingredient, kilograms and euros per kilogram."""

    supplier: str
    lines: list[tuple[str, Decimal, Decimal]]

    @property
    def amount(self) -> Decimal:
        """What it costs in euros."""
        return sum(((kg * price).quantize(CENT, ROUND_HALF_UP) for _, kg, price in self.lines), Decimal())


def lines_of(file: Path) -> list[str]:
    """The lines of a file, unpacked and decoded."""
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return content.decode("iso-8859-1" if file.name.startswith("statement_") else "utf-8").splitlines()


def right_notes(folder: Path) -> dict[str, Note]:
    """The last right version of each note by its number."""
    notes: dict[str, Note] = {}
    for file in sorted(folder.glob("deliveries_*.xml")):
        for found in ET.fromstring(file.read_bytes()).iter("delivery"):  # noqa: S314 - our own files
            weights = [each.findtext("kg", "") for each in found.iter("line")]
            if found.find("supplier") is not None and not any("," in kg for kg in weights):
                lines = [
                    (each.attrib["ingredient"], Decimal(each.findtext("kg", "")), Decimal(each.findtext("price_per_kg", "")))
                    for each in found.iter("line")
                ]
                notes[found.attrib["number"]] = Note(found.findtext("supplier", ""), lines)
    return notes


def payments(folder: Path) -> dict[str, Decimal]:
    """What was paid for each note, in euros."""
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for file in folder.glob("statement_*.txt"):
        for line in lines_of(file)[1:]:
            if line[16:19] == "SUP" and line[31].isalpha():
                paid[line[84:].strip()] -= Decimal(line[19:31].strip())
    return paid


def losses(folder: Path, refused: Collection[tuple[str, int]]) -> dict[str, tuple[Decimal, ...]]:
    """Used, expected and missing kilograms, and the loss in euros, by ingredient.

    Args:
        folder: Where the files are.
        refused: File and line of the records that do not count.
    """
    first, last = (_counted(file, refused) for file in sorted(folder.glob("stock_counts_*.csv.gz")))
    came: dict[str, Decimal] = defaultdict(Decimal)
    for note in right_notes(folder).values():
        for name, kg, _ in note.lines:
            came[name] += kg
    used = _used(folder, refused)
    costs = {
        row["ingredient_id"]: row["cost_per_kg"] for row in csv.DictReader(lines_of(folder / "ingredients.tsv"), delimiter="\t")
    }
    found: dict[str, tuple[Decimal, ...]] = {}
    for name, cost in costs.items():
        expected = first[name] + came[name] - used[name]
        missing = expected - last[name]
        found[name] = (used[name], expected, missing, (missing * Decimal(cost)).quantize(CENT, ROUND_HALF_UP))
    return found


def _counted(file: Path, refused: Collection[tuple[str, int]]) -> dict[str, Decimal]:
    rows = enumerate(csv.DictReader(lines_of(file)), start=2)
    return {row["ingredient_id"]: Decimal(row["kg"]) for number, row in rows if (file.name, number) not in refused}


def _used(folder: Path, refused: Collection[tuple[str, int]]) -> dict[str, Decimal]:
    """What the articles sold are made of, in kilograms to the gram."""
    recipes = {each["product_id"]: each["recipe"] for _, each in _records(folder / "products.jsonl", refused)}
    grams: dict[str, Decimal] = defaultdict(Decimal)
    for file in folder.glob("orders_*.json"):
        for _, order in _records(file, refused):
            for line in order["order_lines"]:
                for part in recipes[line["product_id"]]:
                    grams[part["ingredient_id"]] += line["quantity"] * Decimal(str(part["grams"]))
    return {name: (total / 1000).quantize(GRAM, ROUND_HALF_UP) for name, total in grams.items()}


def _records(file: Path, refused: Collection[tuple[str, int]]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines_of(file), start=1):
        if line not in ("[", "]") and (file.name, number) not in refused:
            yield number, json.loads(line.rstrip(","))
