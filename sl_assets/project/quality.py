"""What is expected of a table's rows: the records; `expectations.py` and `row_expectations.py` read them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sl_assets.spec.place import Place


@dataclass(frozen=True)
class Expectation:
    """A macro call that must evaluate to 0, e.g. `is_col_value_not_unique('id')`."""

    expect: str
    fail_on_error: bool
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)


RowAction = Literal["warn", "drop", "quarantine", "fail"]


@dataclass(frozen=True)
class Tolerance:
    """How many rows may break a row expectation before it counts as broken: a number, or a share of the rows (0 to 1)."""

    count: int = 0
    rate: float | None = None


@dataclass(frozen=True)
class RowExpectation:
    """Our extension of `expectations`: SQL that must be true of each incoming row or, an `aggregate`, of all of them together.

    `nulls_pass`: a result that is NULL counts as true. `empty_passes`: what holds where there is no row; None: as the SQL says.
    """

    name: str
    sql: str
    action: RowAction = "warn"
    aggregate: bool = False
    tolerance: Tolerance = field(default_factory=Tolerance)
    nulls_pass: bool = False
    empty_passes: bool | None = None
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)

    @property
    def removes(self) -> bool:
        """Whether rows that break it are kept out of the table."""
        return self.action in ("drop", "quarantine")

    @property
    def judges(self) -> bool:
        """Whether its outcome depends on which rows are looked at together."""
        return self.aggregate or self.action == "fail" or self.tolerance != Tolerance()
