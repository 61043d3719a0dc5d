"""A delivery of files with good and bad rows, and a plain reckoning of what must be in the warehouse once it is loaded.

The reckoning knows nothing of the product: it is written down while the files are written.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sl_assets_tests.crash.loading import DAYS
from sl_assets_tests.shop import Shop

TABLES = ("goods", "events", "prices", "stock", "sales")
PARTITIONS = (
    "metadata: {format: JSON}\n"
    "partitions: {grain: daily, start: 2026-01-01, end: 2026-02-01, column: sold_at, "
    r"file: 'sales_(?<partition>\d{8})_\d+\.json', format: yyyyMMdd}"
)
BAD_EVERY = 7  # every seventh row is bad
Row = tuple[object, ...]


@dataclass
class Delivered:
    """What was delivered: by table the rows expected in the end, the rejected (file, line), the ledger; the hash of each file."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    rejected: list[tuple[str, str, int]] = field(default_factory=list)
    ledger: list[tuple[str, str, int, int, int]] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)


def describe_tables(shop: Shop) -> None:
    """The YAML: CSV and JSON, APPEND, UPSERT_BY_KEY, OVERWRITE and daily partitions."""
    shop.table("goods", "id: long!, label: string", pattern=r"goods\d+\.csv")
    shop.table("events", "id: long!, label: string", "metadata: {format: JSON}", pattern=r"events\d+\.json")
    shop.table(
        "prices",
        "id: long!, label: string",
        "metadata: {writeStrategy: {type: UPSERT_BY_KEY, key: [id]}}",
        pattern=r"prices\d+\.csv",
    )
    shop.table("stock", "id: long!, label: string", "metadata: {writeStrategy: {type: OVERWRITE}}", pattern=r"stock\d+\.csv")
    shop.table("sales", "id: long!, sold_at: timestamp!", PARTITIONS, pattern=r"sales_\d{8}_\d+\.json")


def deliver(shop: Shop, rows: int = 200) -> Delivered:
    """Put the files of all five tables where they arrive: thirteen in landing, one in stage from an earlier, dead run."""
    describe_tables(shop)
    done = Delivered({name: [] for name in TABLES})
    _deliver_flat(shop, done, "goods", rows)
    _deliver_flat(shop, done, "events", rows)
    _deliver_flat(shop, done, "prices", rows)
    _deliver_flat(shop, done, "stock", rows)
    _deliver_sales(shop, done, rows)
    twin = "id,label\n900001,twin\n"  # the same name as one in landing, other content, already in stage
    path = shop.write("datasets/stage/shop/goods1.csv", twin)
    _note(done, path, "goods", 1, [])
    done.rows["goods"].append((900001, "twin"))
    done.ledger.sort()
    done.rejected.sort()
    done.hashes.sort()
    done.rows = {name: sorted(found) for name, found in done.rows.items()}
    return done


def _deliver_flat(shop: Shop, done: Delivered, table: str, rows: int) -> None:
    is_json = table == "events"
    for number in (1, 2, 3):
        lines = [] if is_json else ["id,label"]
        good: list[Row] = []
        bad: list[int] = []
        for each in range(rows):
            # prices: half of the keys of each file come again in the next
            key = each + number * rows // 2 if table == "prices" else number * 100_000 + each
            label = f"{table}{number}-{each}"
            broken = each % BAD_EVERY == number
            shown = f"x{key}" if broken else key
            lines.append(json.dumps({"id": shown, "label": label}) if is_json else f"{shown},{label}")
            if broken:
                bad.append(len(lines))
            else:
                good.append((key, label))
        name = f"{table}{number}.json" if is_json else f"{table}{number}.csv"
        path = shop.land(name, "\n".join(lines) + "\n", at=1_700_000_000 + number)
        _note(done, path, table, rows, bad)
        _expect(done, table, good)


def _expect(done: Delivered, table: str, good: list[Row]) -> None:
    if table == "prices":
        done.rows[table] = list({row[0]: row for row in (*done.rows[table], *good)}.values())
    elif table == "stock":
        done.rows[table] = good
    else:
        done.rows[table] += good


def _deliver_sales(shop: Shop, done: Delivered, rows: int) -> None:
    for number, day in enumerate((*DAYS, DAYS[0])):
        lines: list[str] = []
        bad: list[int] = []
        for each in range(rows):
            key = number * 100_000 + each
            broken = each % BAD_EVERY == number
            when = f"2026-01-30 08:00:{each % 60:02}" if broken else f"{day} 08:00:{each % 60:02}"
            lines.append(json.dumps({"id": key, "sold_at": when}))
            if broken:
                bad.append(len(lines))
            else:
                done.rows["sales"].append((key, when))
        name = f"sales_{day.replace('-', '')}_{number}.json"
        path = shop.land(name, "\n".join(lines) + "\n", at=1_700_000_000 + number)
        _note(done, path, "sales", rows, bad)


def _note(done: Delivered, path: Path, table: str, read: int, bad: list[int]) -> None:
    done.hashes.append(hashlib.sha256(path.read_bytes()).hexdigest())
    done.ledger.append((table, path.name, read, read - len(bad), len(bad)))
    done.rejected += [(table, path.name, line) for line in bad]


def found_rows(shop: Shop, tables: Iterable[str] = TABLES) -> dict[str, list[Row]]:
    """The rows of tables as the warehouse has them; a table that is not there has none."""
    there = {name for (name,) in shop.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'shop'")}
    when = {"sales": "strftime(sold_at, '%Y-%m-%d %H:%M:%S')"}
    return {
        name: shop.rows(f"SELECT id, {when.get(name, 'label')} FROM shop.{name} ORDER BY ALL") if name in there else []
        for name in tables
    }


def assert_loaded_exactly_once(shop: Shop, done: Delivered, tables: Iterable[str] = TABLES) -> None:
    """Rows, rejected rows, audit, ledger and areas say with one voice: each file once, none lost."""
    chosen = tuple(tables)
    assert found_rows(shop, chosen) == {name: done.rows[name] for name in chosen}
    ledger = shop.rows("SELECT SCHEMA, NAME, COUNT, COUNTACCEPTED, COUNTREJECTED FROM audit.files ORDER BY ALL")
    assert ledger == [row for row in done.ledger if row[0] in chosen]
    rejected = shop.rows(
        "SELECT ledger.SCHEMA, ledger.NAME, bad.LINE "
        "FROM audit.rejected AS bad JOIN audit.files AS ledger USING (JOBID) ORDER BY ALL"
    )
    assert rejected == [row for row in done.rejected if row[0] in chosen]
    audit = shop.rows(
        "SELECT ledger.SCHEMA, ledger.NAME, audit.COUNT, audit.COUNTACCEPTED, audit.COUNTREJECTED "
        "FROM audit.audit JOIN audit.files AS ledger USING (JOBID) WHERE audit.SUCCESS ORDER BY ALL"
    )
    assert audit == ledger
    # A partition may have been built twice, under two jobs; a file of any other table has one job for ever.
    assert shop.rows("SELECT count(*) FROM audit.rejected WHERE SCHEMA <> 'sales'") == [
        (sum(row[0] != "sales" for row in rejected),)
    ]
    assert shop.rows("SELECT count(*) FROM audit.audit WHERE SUCCESS AND STEP = 'LOAD' AND SCHEMA <> 'sales'") == [
        (sum(row[0] != "sales" for row in ledger),)
    ]
    assert shop.rows("SELECT count(*) FROM audit.audit WHERE NOT SUCCESS") == [(0,)]
    assert_areas_follow_the_ledger(shop, done, chosen)


def assert_areas_follow_the_ledger(shop: Shop, done: Delivered, chosen: tuple[str, ...]) -> None:
    """Nothing waits any more, and every file is in the archive once, where the ledger says."""
    if chosen == TABLES:
        assert (shop.files("incoming"), shop.files("stage")) == ([], [])
    where = shop.rows("SELECT HASH, ARCHIVE FROM audit.files ORDER BY HASH")
    assert [digest for digest, _ in where] == [hashlib.sha256(Path(path).read_bytes()).hexdigest() for _, path in where]
    assert shop.files("archive") == sorted(Path(path).name for _, path in where)
    if chosen == TABLES:
        assert [digest for digest, _ in where] == done.hashes
