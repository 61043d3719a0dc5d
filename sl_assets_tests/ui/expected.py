"""What the bakery's orders amount to, counted in the sample files themselves and by no code of the package."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from sl_assets_tests.ui.server import REPOSITORY

SAMPLES = REPOSITORY / "sample-data"
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


def expected_days() -> dict[str, Day]:
    """The days of the sample orders by partition key."""
    names = [path.name for path in sorted((SAMPLES / "incoming" / "starbake").glob("orders_*.json"))]
    days = sorted({name.split("_")[1] for name in names})
    return {f"{day[:4]}-{day[4:6]}-{day[6:]}": _day(name for name in names if name.split("_")[1] == day) for day in days}


def _day(names: Iterator[str]) -> Day:
    refused = {(found["file"], int(found["line"])) for found in REFUSED.finditer((SAMPLES / "README.md").read_text("utf-8"))}
    orders = [(place, order) for name in names for place, order in _orders(name)]
    right = [order for place, order in orders if place not in refused]
    revenue = sum((_amount(order) for order in right), Decimal())
    return Day(len(orders), frozenset(order["order_id"] for order in right), revenue)


def _amount(order: dict[str, Any]) -> Decimal:
    return sum((line["quantity"] * Decimal(str(line["unit_price"])) for line in order["order_lines"]), Decimal())


def _orders(name: str) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """The records of a file with their places: it is an array with a record per line."""
    lines = (SAMPLES / "incoming" / "starbake" / name).read_text("utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if record := line.strip().strip("[],"):
            yield (name, number), json.loads(record, parse_float=Decimal)
