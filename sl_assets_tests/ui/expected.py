"""What the bakery's orders amount to, counted in the sample files themselves and by no code of the package."""

import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sl_assets_tests.ui.server import REPOSITORY

SAMPLES = REPOSITORY / "sample-data"
LANDED = SAMPLES / "incoming" / "starbake"
REFUSED = re.compile(r"^\| (?P<file>\S+\.\w+) \| (?P<line>\d+) \|", flags=re.MULTILINE)


class Day(NamedTuple):
    """One day: orders in the files, orders that are right, their numbers, and their revenue in euros."""

    read: int
    order_ids: frozenset[int]
    revenue: Decimal

    @property
    def counts(self) -> tuple[int, int, int]:
        """Rows read, accepted, rejected."""
        return self.read, len(self.order_ids), self.read - len(self.order_ids)

    @classmethod
    def of(cls, right: Sequence[dict[str, Any]], wrong: int = 0) -> "Day":
        """The day of these orders, and of some that are wrong."""
        revenue = sum((_amount(order) for order in right), Decimal())
        return cls(len(right) + wrong, frozenset(order["order_id"] for order in right), revenue)


def expected_days() -> dict[str, Day]:
    """The days of the sample orders by partition key."""
    days = sorted({path.name.split("_")[1] for path in LANDED.glob("orders_*.json")})
    return {key: _day(key) for key in (f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in days)}


def right_orders(day: str) -> list[dict[str, Any]]:
    """The orders in the files of a day that a loader has to accept."""
    refused = {(found["file"], int(found["line"])) for found in REFUSED.finditer((SAMPLES / "README.md").read_text("utf-8"))}
    return [order for place, order in _orders_of(day) if place not in refused]


def _day(day: str) -> Day:
    right = right_orders(day)
    return Day.of(right, sum(1 for _ in _orders_of(day)) - len(right))


def _orders_of(day: str) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    names = sorted(path.name for path in LANDED.glob(f"orders_{day.replace('-', '')}_*.json"))
    return (each for name in names for each in _orders(name))


def _amount(order: dict[str, Any]) -> Decimal:
    return sum((line["quantity"] * Decimal(str(line["unit_price"])) for line in order["order_lines"]), Decimal())


def _orders(name: str) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """The records of a file with their places: it is an array with a record per line."""
    lines = (LANDED / name).read_text("utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if record := line.strip().strip("[],"):
            yield (name, number), json.loads(record, parse_float=Decimal)
