"""What is expected of a table's rows: the records; `expectations.py` and `row_expectations.py` read them."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from sl_assets.spec.place import Place

_SIGNS: Mapping[str, Callable[[int, int], bool]] = MappingProxyType(
    {
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)


@dataclass(frozen=True)
class Wanted:
    """What the number that an expectation finds must be: 0, or what older projects write behind `=>`."""

    sign: str = "=="
    number: int = 0

    def holds(self, found: int) -> bool:
        """Whether a number is as wanted."""
        return _SIGNS[self.sign](found, self.number)

    def __str__(self) -> str:
        return str(self.number) if self.sign == "==" else f"{self.sign} {self.number}"


@dataclass(frozen=True)
class Expectation:
    """A macro call that must evaluate to 0, e.g. `is_col_value_not_unique('id')`, unless `wanted` is something else.

    `dialect` is sqlglot's name of what its macro is written in.
    """

    expect: str
    fail_on_error: bool
    wanted: Wanted = field(default_factory=Wanted)
    dialect: str = "duckdb"
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
