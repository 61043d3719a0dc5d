import csv
import gzip
import importlib
import json
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SAMPLE_DATA = Path(__file__).parents[2] / "sample-data"
CHECKED_IN = SAMPLE_DATA / "incoming" / "starbake"


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The script as a module; nothing of it stays behind in the interpreter."""
    monkeypatch.syspath_prepend(SAMPLE_DATA)
    yield importlib.import_module("generate")
    for name in ("generate", "purchasing", "bank", "catalogue", "faults"):
        sys.modules.pop(name, None)


def content(file: Path) -> bytes:
    """What is in a file, unpacked where it is compressed: how it was packed depends on the version of zlib."""
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def lines_of(file: str) -> list[str]:
    return content(CHECKED_IN / file).decode("iso-8859-1" if file.startswith("statement_") else "utf-8").splitlines()


def notes_of(file: Path) -> list[ET.Element]:
    return ET.fromstring(file.read_bytes()).findall("delivery")  # noqa: S314 - our own files


def orders_of(file: Path) -> list[dict[str, object]]:
    return json.loads(file.read_text("utf-8"))


@pytest.mark.slow
def test_generating_again_gives_the_same_bytes(generator: ModuleType, tmp_path: Path) -> None:
    generator.write(tmp_path / "again")
    again = {file.name: content(file) for file in (tmp_path / "again").iterdir()}
    assert again == {file.name: content(file) for file in CHECKED_IN.iterdir()}


@pytest.mark.slow
def test_packing_again_gives_the_same_bytes(generator: ModuleType, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        generator.write(tmp_path / folder)
    for file in (tmp_path / "one").glob("*.gz"):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


@pytest.mark.slow
def test_the_readme_lists_the_wrong_rows_that_the_generator_made(generator: ModuleType) -> None:
    section = (SAMPLE_DATA / "README.md").read_text("utf-8").partition("## Rows that are wrong on purpose")[2]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    assert rows[1:] == [[str(each) for each in fault] for fault in generator.generate().faults]


def test_there_are_twenty_wrong_rows_of_three_rules_in_every_table_but_the_ingredients(generator: ModuleType) -> None:
    faults = generator.generate().faults
    assert {fault.rule for fault in faults} == {"pattern", "required", "partition"}
    by_table = Counter(fault.file.split("_")[0].removesuffix(".jsonl") for fault in faults)
    assert by_table == {"customers": 5, "products": 3, "orders": 6, "deliveries": 2, "stock": 2, "statement": 2}


@pytest.mark.parametrize(
    ("file", "line", "text"),
    [
        ("customers_20261101.csv", 42, "elena.andre at mail.example"),
        ("customers_20261104.csv", 8, ",6700,"),
        ("products.jsonl", 17, '"name":null'),
        ("orders_20261102_08.json", 13, '"quantity":"two"'),
        ("orders_20261104_06.json", 2, '"ordered_at":"2026-11-03 19:58:12"'),
        ("deliveries_20261104.xml", 3, '<delivery number="D-20261104-1">'),
        ("stock_counts_20261110.csv.gz", 7, "2026-11-10 20:25:00,,3.5"),
        ("statement_20261106.txt", 9, "20261131"),
    ],
)
def test_a_wrong_row_is_on_the_line_the_list_says(file: str, line: int, text: str) -> None:
    assert text in lines_of(file)[line - 1]


def test_an_order_file_has_one_order_per_line() -> None:
    for file in sorted(CHECKED_IN.glob("orders_*.json")):
        lines = file.read_text("utf-8").splitlines()
        assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == orders_of(file)


def test_every_hour_of_opening_on_ten_days_has_a_file() -> None:
    expected = {f"orders_202611{day:02}_{hour:02}.json" for day in range(1, 11) for hour in range(6, 20)}
    assert {file.name for file in CHECKED_IN.glob("orders_*")} == expected


def test_the_files_are_small_and_have_thousands_of_orders() -> None:
    assert sum(file.stat().st_size for file in CHECKED_IN.iterdir()) < 2_000_000
    assert 3000 <= sum(len(orders_of(file)) for file in CHECKED_IN.glob("orders_*")) <= 5000


def test_order_numbers_are_given_once_and_rise_with_time() -> None:
    numbers = [order["order_id"] for file in sorted(CHECKED_IN.glob("orders_*")) for order in orders_of(file)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_what_is_charged_is_the_price_of_the_article() -> None:
    records = [json.loads(line) for line in (CHECKED_IN / "products.jsonl").read_text("utf-8").splitlines()]
    prices = {record["product_id"]: record["price"] for record in records}
    charged = {
        (line["product_id"], line["unit_price"])
        for file in CHECKED_IN.glob("orders_*")
        for order in orders_of(file)
        for line in order["order_lines"]
    }
    strange = {(product, price) for product, price in charged if prices.get(product) != price}
    assert len(strange) == 2, strange
    assert {price for _, price in strange} >= {"-3.20"}


def test_later_customer_files_change_known_customers_and_add_new_ones() -> None:
    def people(day: int) -> dict[str, str]:
        with (CHECKED_IN / f"customers_202611{day:02}.csv").open(encoding="utf-8", newline="") as file:
            return {row["customer_id"]: row["street"] for row in csv.DictReader(file)}

    first, second, third = people(1), people(4), people(8)
    for later, before in ((second, first), (third, first | second)):
        assert sum(before[each] != street for each, street in later.items() if each in before) >= 8
        assert len(later.keys() - before.keys()) >= 15


def test_mornings_and_weekends_are_busy() -> None:
    count = {file.name[7:18]: len(orders_of(file)) for file in CHECKED_IN.glob("orders_*")}

    def total(days: list[int], hours: list[int]) -> int:
        return sum(count[f"202611{day:02}_{hour:02}"] for day in days for hour in hours)

    weekdays, opening = [2, 3, 4, 5, 6], list(range(6, 20))
    assert total(weekdays, [7, 8]) > 2 * total(weekdays, [14, 15])
    assert total([7, 8], opening) / 2 > 1.2 * total(weekdays, opening) / 5


def test_a_note_that_comes_again_differs_from_what_it_was() -> None:
    versions: dict[str, list[bytes]] = {}
    for file in sorted(CHECKED_IN.glob("deliveries_*.xml")):
        for note in notes_of(file):
            versions.setdefault(note.attrib["number"], []).append(ET.tostring(note))
    again = {number: texts for number, texts in versions.items() if len(texts) > 1}
    assert sorted(again) == ["D-20261103-2", "D-20261104-1"]
    assert all(len(set(texts)) == 2 for texts in again.values())


def test_a_statement_is_of_fixed_width_with_letters_that_utf_8_spells_otherwise() -> None:
    lines = [line for file in CHECKED_IN.glob("statement_*") for line in lines_of(file.name)[1:]]
    assert len(lines) == 25
    assert {len(line[19:31].rstrip()) for line in lines} == {12}
    assert [line[84:] for line in lines if "Brûlerie du Port" in line[58:84]] == ["D-20261105-2"]


def test_every_ingredient_is_counted_twice_and_none_is_used_up() -> None:
    for file in CHECKED_IN.glob("stock_counts_*.csv.gz"):
        rows = [row for row in csv.DictReader(lines_of(file.name)) if row["ingredient_id"] and row["kg"] != "some"]
        assert [row["ingredient_id"] for row in rows] == [f"ING-{number:03}" for number in range(1, 25)]
        assert all(float(row["kg"]) > 0 for row in rows)
