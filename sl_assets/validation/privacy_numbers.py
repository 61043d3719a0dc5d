"""Methods on numbers: a random number in a number's place, or one near it. Other numbers at every load."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sl_assets.project.records import PrivacyArgument

_BITS = {"TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63, "HUGEINT": 127}
_METHOD_BITS = {"RANDOMINT": 31, "RANDOMLONG": 63}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


@dataclass(frozen=True)
class Numbers:
    """What a method is made for: SQL of the value, the column type of the result, the method's arguments."""

    value: str
    ddl: str
    arguments: tuple[PrivacyArgument, ...]

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The arguments as the bounds of a random number."""
        return (float(self.arguments[0]), float(self.arguments[1])) if self.arguments else None

    @property
    def most(self) -> float:
        """No number of the column type is farther from 0."""
        match = _DECIMAL.fullmatch(self.ddl.upper())
        if match:
            return 10.0 ** (int(match[1]) - int(match[2]))
        bits = _BITS.get(self.ddl.upper())
        return float("inf") if bits is None else float(2**bits)


def fits_range(method: str, numbers: Numbers) -> bool:
    """Whether a random number between the bounds of its method always fits the column type."""
    if method.startswith("APPROX") or numbers.bounds is None:
        return True
    least, most = numbers.bounds
    return -numbers.most <= least and most <= numbers.most


def _random_double(numbers: Numbers) -> str:
    low, high = numbers.bounds or (0.0, 1.0)
    return _of(numbers, f"CAST({low!r} + {high - low!r} * random() AS {numbers.ddl})")


def _random_whole(method: str) -> Callable[[Numbers], str]:
    def made(numbers: Numbers) -> str:
        """Without bounds: any number that the method and the column type both have, as far as a DOUBLE tells them apart."""
        farthest = min(float(2 ** _METHOD_BITS[method]), numbers.most) * (1 - 2**-50)
        low, high = numbers.bounds or (-farthest, farthest)
        return _of(numbers, f"CAST(trunc({low!r} + {high - low!r} * random()) AS {numbers.ddl})")

    return made


def _of(numbers: Numbers, made: str) -> str:
    return f"CASE WHEN {numbers.value} IS NOT NULL THEN {made} END"


def _approximate(truncate: str) -> Callable[[Numbers], str]:
    def made(numbers: Numbers) -> str:
        """Up or down by at most the percentage; down only where up could leave the range of the column type."""
        share = int(numbers.arguments[0]) / 100
        value = f"CAST({numbers.value} AS DOUBLE)"
        around = f"{truncate}({value} * (1 + {share!r} * (2 * random() - 1)))"
        below = f"{truncate}({value} * (1 - {share!r} * (1 + random()) / 2))"
        finite = f"CASE WHEN isfinite({value} * {1 + share!r}) THEN TRY_CAST({around} AS {numbers.ddl}) END"
        return f"coalesce({finite}, CAST({below} AS {numbers.ddl}))"

    return made


NUMBER_METHODS: Mapping[str, Callable[[Numbers], str]] = MappingProxyType(
    {
        "RANDOMDOUBLE": _random_double,
        "RANDOMLONG": _random_whole("RANDOMLONG"),
        "RANDOMINT": _random_whole("RANDOMINT"),
        "APPROXDOUBLE": _approximate(""),
        "APPROXLONG": _approximate("trunc"),
    }
)
"""Every method on numbers as SQL."""
