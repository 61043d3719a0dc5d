import csv
import importlib
import json
import sys
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
    for name in ("generate", "catalogue", "faults"):
        sys.modules.pop(name, None)


def line_of(file: str, number: int) -> str:
    return (CHECKED_IN / file).read_text("utf-8").splitlines()[number - 1]


def orders_of(file: Path) -> list[dict[str, object]]:
    return json.loads(file.read_text("utf-8"))


def test_generating_again_gives_the_same_bytes(generator: ModuleType, tmp_path: Path) -> None:
    generator.write(tmp_path / "again")
    again = {file.name: file.read_bytes() for file in (tmp_path / "again").iterdir()}
    assert again == {file.name: file.read_bytes() for file in CHECKED_IN.iterdir()}


def test_the_readme_lists_the_wrong_rows_that_the_generator_made(generator: ModuleType) -> None:
    section = (SAMPLE_DATA / "README.md").read_text("utf-8").partition("## Rows that are wrong on purpose")[2]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    assert rows[1:] == [[str(each) for each in fault] for fault in generator.generate().faults]


def test_there_are_ten_to_fifteen_wrong_rows_of_three_rules_in_three_tables(generator: ModuleType) -> None:
    faults = generator.generate().faults
    assert 10 <= len(faults) <= 15
    assert {fault.rule for fault in faults} == {"pattern", "required", "partition"}
    assert {fault.file.split("_")[0].removesuffix(".jsonl") for fault in faults} == {"customers", "products", "orders"}


@pytest.mark.parametrize(
    ("file", "line", "text"),
    [
        ("customers_20261101.csv", 42, "elena.andre at mail.example"),
        ("customers_20261104.csv", 8, ",6700,"),
        ("products.jsonl", 17, '"name":null'),
        ("orders_20261102_08.json", 13, '"quantity":"two"'),
        ("orders_20261104_06.json", 2, '"ordered_at":"2026-11-03 19:58:12"'),
    ],
)
def test_a_wrong_row_is_on_the_line_the_list_says(file: str, line: int, text: str) -> None:
    assert text in line_of(file, line)


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
