"""Tables of every write strategy and several formats, their deliveries, and what must be in the warehouse for any files loaded.

The reckoning knows nothing of the product: a few lines of Python say what each strategy makes of the files of a table.
"""

import gzip
import hashlib
import io
import json
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from sl_assets_tests.areas.packing import zip_of
from sl_assets_tests.crash.loading import DAYS
from sl_assets_tests.shop import Shop

Row = tuple[int, str, str]  # id, day, label
Cells = tuple[str, str, str]
FIRST = 1_700_000_000  # seconds: when the first file of each table was written
TABLE = """
version: 1
table:
  name: {name}
  pattern: {pattern}
  metadata: {{{metadata}}}
{partitions}  attributes:
    - {{name: id, type: long, required: true, trim: BOTH, position: {{first: 0, last: 7}}}}
    - {{name: day, type: date, required: true, position: {{first: 8, last: 17}}}}
    - {{name: label, trim: BOTH, position: {{first: 18, last: 29}}}}
"""
PARTITIONS = (
    "  partitions: {grain: daily, start: 2026-01-01, end: 2026-02-01, column: day, "
    r"file: '[a-z]+_(?<partition>\d{8})_\d+[.].*', format: yyyyMMdd}"
    "\n"
)


def _dsv(rows: Sequence[Cells]) -> bytes:
    return "".join(f"{','.join(row)}\n" for row in [("id", "day", "label"), *rows]).encode()


def _gzipped(rows: Sequence[Cells]) -> bytes:
    return gzip.compress(_dsv(rows))


def _json(rows: Sequence[Cells]) -> bytes:
    return "".join(json.dumps(dict(zip(("id", "day", "label"), row, strict=True))) + "\n" for row in rows).encode()


def _position(rows: Sequence[Cells]) -> bytes:
    return "".join(f"{number:>8}{day:<10}{label:<12}\n" for number, day, label in rows).encode()


def _xml(rows: Sequence[Cells]) -> bytes:
    body = "".join(f"<row><id>{number}</id><day>{day}</day><label>{label}</label></row>\n" for number, day, label in rows)
    return f"<rows>\n{body}</rows>\n".encode()


def _parquet(rows: Sequence[Cells]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({name: [row[at] for row in rows] for at, name in enumerate(("id", "day", "label"))}), stream)
    return stream.getvalue()


@dataclass(frozen=True)
class Form:
    """A format: its YAML, the extension, how rows are written, and the line of the first one."""

    yaml: str
    extension: str
    write: Callable[[Sequence[Cells]], bytes]
    first_line: int


DSV = Form("format: DSV", "csv", _dsv, 2)
GZIP = Form("format: DSV", "csv.gz", _gzipped, 2)
JSON = Form("format: JSON", "json", _json, 1)
POSITION = Form("format: POSITION, withHeader: false", "txt", _position, 1)
XML = Form("format: XML, options: {rowTag: row}", "xml", _xml, 2)
PARQUET = Form("format: PARQUET", "parquet", _parquet, 1)

Files = Sequence[Sequence[Row]]


def _all(files: Files) -> list[Row]:
    return [row for file in files for row in file]


def _last(files: Files) -> list[Row]:
    return list(files[-1]) if files else []


def _by_key(files: Files) -> list[Row]:
    return list({row[0]: row for row in _all(files)}.values())


def _newest_by_key(files: Files) -> list[Row]:
    found: dict[int, Row] = {}
    for row in _all(files):
        if row[0] not in found or row[1] > found[row[0]][1]:
            found[row[0]] = row
    return list(found.values())


def _by_day(files: Files) -> list[Row]:
    found: list[Row] = []
    for file in files:
        days = {row[1] for row in file}
        found = [row for row in found if row[1] not in days] + list(file)
    return found


def _versions(files: Files) -> list[Row]:
    """SCD2, with a mark on the label of the version that counts."""
    current = set(_by_key(files))
    return [(*row[:2], f"{row[2]}!") if row in current else row for row in _all(files)]


@dataclass(frozen=True)
class Ware:
    """A table: its format, its strategy, and what the strategy makes of the good rows of the files that were loaded, in order."""

    name: str
    form: Form
    strategy: str
    settle: Callable[[Files], list[Row]]
    partitioned: bool = False

    @property
    def label(self) -> str:
        """The SQL of what stands for the label in the reckoning."""
        return "label || CASE WHEN sl_end_ts IS NULL THEN '!' ELSE '' END" if "SCD2" in self.strategy else "label"

    def describe(self, shop: Shop) -> None:
        """Write its YAML."""
        strategy = f"writeStrategy: {{{self.strategy}}}, sink: {{partition: [day]}}"
        metadata = f"{self.form.yaml}, {strategy}"
        partitions = PARTITIONS if self.partitioned else ""
        pattern = f"'{self.name}_.*'"
        text = TABLE.format(name=self.name, pattern=pattern, metadata=metadata, partitions=partitions)
        shop.write(f"config/load/shop/{self.name}.sl.yml", text)

    def file_name(self, number: int) -> str:
        """The name of the file with a number, from 0."""
        day = f"{DAYS[number % 3].replace('-', '')}_" if self.partitioned else ""
        return f"{self.name}_{day}{number}.{self.form.extension}"

    def row(self, number: int, each: int, rows: int) -> Row:
        """The row `each` of a file: half of its keys come again in the next; in every second row the days go backwards."""
        backwards = "UPSERT_BY_KEY_AND_TIMESTAMP" in self.strategy and each % 2
        day = DAYS[number % 3] if self.partitioned else f"2026-01-{15 + (-number if backwards else number):02}"
        return each + number * rows // 2, day, f"{self.name}{number}-{each}"


KEY = "key: [id]"
WARES = (
    Ware("goods", DSV, "type: APPEND", _all),
    Ware("logs", GZIP, "type: APPEND", _all),
    Ware("deals", PARQUET, "type: APPEND", _all),
    Ware("stock", POSITION, "type: OVERWRITE", _last),
    Ware("regions", XML, "type: OVERWRITE_BY_PARTITION", _by_day),
    Ware("prices", DSV, f"type: UPSERT_BY_KEY, {KEY}", _by_key),
    Ware("rates", JSON, f"type: UPSERT_BY_KEY_AND_TIMESTAMP, {KEY}, timestamp: day", _newest_by_key),
    Ware("plans", XML, f"type: DELETE_THEN_INSERT, {KEY}", _by_key),
    Ware("names", JSON, f"type: SCD2, {KEY}, timestamp: day", _versions),
    Ware("sales", JSON, "type: APPEND", _all, partitioned=True),
)


@dataclass(frozen=True)
class Sent:
    """A file of a delivery: its table, name and bytes, its good rows, the lines of the bad ones; `at`, when it was written."""

    ware: Ware
    name: str
    content: bytes
    good: tuple[Row, ...]
    bad: tuple[int, ...]
    at: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def ledger(self) -> tuple[str, str, str, int, int, int]:
        """What the ledger says of it once it is loaded."""
        good, bad = len(self.good), len(self.bad)
        return self.ware.name, self.name, self.digest, good + bad, good, bad


@dataclass(frozen=True)
class Delivery:
    """Files that arrived, all of them, and whether some came in an archive with a file that belongs to no table."""

    sent: tuple[Sent, ...]
    packed: bool

    @property
    def wares(self) -> tuple[Ware, ...]:
        return tuple(dict.fromkeys(each.ware for each in self.sent))


def deliver_assortment(shop: Shop, dice: random.Random, wares: Sequence[Ware], rows: int) -> Delivery:
    """Land three files of each table, one of three packed with others into a .zip; a twin of the first waits in stage."""
    for ware in wares:
        ware.describe(shop)
    sent = [_made(ware, number, rows) for ware in wares for number in range(3)]
    packed = {ware.file_name(dice.randrange(3)) for ware in wares if dice.random() < 0.5}
    for each in sent:
        if each.name not in packed:
            path = shop.land(each.name, "")
            path.write_bytes(each.content)
            os.utime(path, (each.at, each.at))
    twin = _twin(wares[0])
    stage = shop.write(f"datasets/stage/shop/{twin.name}", "")
    stage.write_bytes(twin.content)
    os.utime(stage, (twin.at, twin.at))
    if packed:
        members = [(each.name, each.content, each.at) for each in sent if each.name in packed]
        shop.land("delivery.zip", "").write_bytes(zip_of(*members, ("readme.txt", b"hello", FIRST)))
    return Delivery((*sent, twin), bool(packed))


def _made(ware: Ware, number: int, rows: int) -> Sent:
    good: list[Row] = []
    bad: list[int] = []
    cells: list[Cells] = []
    for each in range(rows):
        row = ware.row(number, each, rows)
        is_bad = each % 7 == number
        cells.append((f"{'x' if is_bad else ''}{row[0]}", *row[1:]))
        if is_bad:
            bad.append(ware.form.first_line + each)
        else:
            good.append(row)
    content = ware.form.write(cells)
    return Sent(ware, ware.file_name(number), content, tuple(good), tuple(bad), FIRST + number)


def _twin(ware: Ware) -> Sent:
    """A file with the name of another one and other content, older than all: one that an earlier run, now dead, had staged."""
    day = DAYS[0] if ware.partitioned else "2026-01-01"
    content = ware.form.write([("900001", day, "twin")])
    return Sent(ware, ware.file_name(0), content, ((900_001, day, "twin"),), (), FIRST - 1)
