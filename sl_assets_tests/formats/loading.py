"""Files written and read for the tests."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from sl_assets import formats
from sl_assets.project.reading import Reading
from sl_assets.project.records import Attribute, Format, Table, TableKey, Type

STRING = Type("string", "string", ".*", "VARCHAR")


@dataclass(frozen=True)
class Loaded:
    """What one reading gave: rows without the file, refused records (line, rule, message, raw), places (record, line, raw).

    The bytes that refused records and places start at are apart: `refused_at`, `placed_at`.
    """

    reading: Reading
    rows: list[tuple[str | None, ...]]
    refused: list[tuple[object, ...]]
    places: list[tuple[object, ...]]
    refused_at: list[int | None]
    placed_at: list[int | None]


def table(form: Format, *names: str, required: bool = False) -> Table:
    attributes = tuple(Attribute(name, name, STRING, required=required) for name in names)
    return Table(TableKey("d", "t"), "t", "d", ".*", attributes, form, Path("t.sl.yml"))


def write(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def load(connection: duckdb.DuckDBPyConnection, orders: Table, *files: str) -> Loaded:
    """Read files of one shape."""
    (reading,) = formats.readings(orders, files, connection)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {reading.sql}")
    rows = connection.execute("SELECT * EXCLUDE sl_file FROM batch ORDER BY rowid").fetchall()
    refused = formats.malformed(reading, connection)
    faults = connection.execute(refused).fetchall() if refused else []
    places = connection.execute(formats.locate(reading, connection)).fetchall()
    return Loaded(
        reading,
        rows,
        refused=[fault[1:-1] for fault in faults],
        places=[place[1:-1] for place in places],
        refused_at=[fault[-1] for fault in faults],
        placed_at=[place[-1] for place in places],
    )
