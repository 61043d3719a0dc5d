"""Twenty days of orders before those of the sample files, made of them, so that a month can be backfilled.

Each is a day of the sample ten or twenty days later, without what is wrong in it, in one file.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sl_assets_tests.ui.expected import Day, expected_days, right_orders

FIRST_DAY = "2026-10-12"
SHIFTS = (20, 10)  # days; the numbers of the orders go back with them, for each is given once
NUMBERS_A_DAY = 1_000
TABLES = ("load/starbake/orders.sl.yml", "transform/sales/daily_revenue.sl.yml")


def begin_in_october(config: Path, last: str = "") -> None:
    """The partitions of orders and of their revenue begin with these days; `last` (yyyy-MM-dd, exclusive) ends them."""
    for name in TABLES:
        file = config / name
        text = file.read_text("utf-8")
        end = f"    end: {last}\n" if last else ""
        assert "    start: 2026-11-01\n" in text
        file.write_text(text.replace("    start: 2026-11-01\n", f"    start: {FIRST_DAY}\n{end}"), encoding="utf-8")


def land_october(landing: Path) -> None:
    """Let the files of these days arrive."""
    for day, orders in _days():
        lines = ",\n".join(json.dumps(order, default=str) for order in orders)
        (landing / f"orders_{day.replace('-', '')}_06.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def october() -> dict[str, Day]:
    """What is in these files, by day."""
    return {day: Day.of(orders) for day, orders in _days()}


def _days() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for shift in SHIFTS:
        for name in expected_days():
            day = str(date.fromisoformat(name) - timedelta(days=shift))
            yield day, [_shifted(order, name, day, shift) for order in right_orders(name)]


def _shifted(order: dict[str, Any], name: str, day: str, days: int) -> dict[str, Any]:
    number = order["order_id"] - days * NUMBERS_A_DAY
    return order | {"order_id": number, "ordered_at": order["ordered_at"].replace(name, day)}
