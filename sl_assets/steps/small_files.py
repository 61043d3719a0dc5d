"""Many small files: their text is gathered first, then validated by one statement.

DuckDB plans a validating statement in 15 to 20 milliseconds, whatever it reads, and one statement cannot read many files: the
engine holds a reader for each of them until it ends. To gather text is planned in one. So small files of one shape are gathered
some at a time, and what was gathered is validated when it is some megabytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from sl_assets.project.reading import Reading

GATHERED = "sl_gathered"
SMALL = 2**19  # bytes of the files of one reading: from here on, planning is little beside reading
MOST_BYTES, MOST_FILES = 2**22, 250  # of what one statement validates; each file may be part of the text of the statement

Unit = tuple[Reading, ...]


def units(shapes: Sequence[Reading], sizes: Mapping[str, int]) -> Iterator[Unit]:
    """Readings in their order, those together that one statement validates.

    Args:
        shapes: The readings.
        sizes: File -> its bytes.
    """
    for small, group in groupby(shapes, key=lambda reading: _shape_of_small(reading, sizes)):
        unit: list[Reading] = []
        for reading in group:
            if unit and (small is None or _is_full((*unit, reading), sizes)):
                yield tuple(unit)
                unit = []
            unit.append(reading)
        yield tuple(unit)


def gathering(unit: Unit) -> Iterator[tuple[Reading, str]]:
    """The statements that gather the text of a unit, each with what it reads."""
    for number, reading in enumerate(unit):
        create = f"CREATE OR REPLACE TEMP TABLE {GATHERED} AS {reading.sql}"
        yield reading, create if number == 0 else f"INSERT INTO {GATHERED} BY NAME {reading.sql}"


def gathered(unit: Unit) -> Reading:
    """What was gathered as one reading, to be validated; it is not for going back to lines."""
    files = tuple(file for reading in unit for file in reading.files)
    return replace(unit[0], files=files, sql=f"SELECT * FROM {GATHERED}", rejects=None, copied=None, kept=None)


def _shape_of_small(reading: Reading, sizes: Mapping[str, int]) -> object:
    """What readings must have in common to be gathered; None: it is validated where it is read."""
    if reading.representation != "text" or reading.kinds or _bytes((reading,), sizes) >= SMALL:
        return None
    return reading.present, reading.format


def _is_full(unit: Unit, sizes: Mapping[str, int]) -> bool:
    return sum(len(reading.files) for reading in unit) > MOST_FILES or _bytes(unit, sizes) > MOST_BYTES


def _bytes(unit: Unit, sizes: Mapping[str, int]) -> int:
    return sum(sizes[file] for reading in unit for file in reading.files)
