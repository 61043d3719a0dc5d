"""Whether a warehouse and its areas are exactly what the files of a delivery make of them."""

import hashlib
from collections import Counter
from pathlib import Path

from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.crash.assortment import Delivery, Sent, Ware
from sl_assets_tests.shop import Shop

LEDGER = "SELECT SCHEMA, NAME, HASH, COUNT, COUNTACCEPTED, COUNTREJECTED FROM audit.files ORDER BY ALL"
OPEN = "SELECT SCHEMA, FILE, HASH, LINE FROM audit.rejected WHERE REPLAYED_BY IS NULL ORDER BY ALL"
AUDITED = (
    "SELECT ledger.SCHEMA, NAME, HASH, audit.COUNT, audit.COUNTACCEPTED, audit.COUNTREJECTED "
    "FROM audit.audit JOIN audit.files AS ledger USING (JOBID) WHERE audit.SUCCESS ORDER BY ALL"
)
JOBS = "SELECT SCHEMA, count(*) FROM audit.audit WHERE SUCCESS GROUP BY ALL"


def committed(shop: Shop, delivery: Delivery) -> tuple[Sent, ...]:
    """Check that all tables are as the files make them that the ledger knows, and nothing else; give these files.

    That must hold at any time, for a transaction holds all of it or nothing.
    """
    warehouse = Warehouse.of(shop.project().settings)
    if not warehouse.database.exists():
        return ()
    with warehouse.reader() as connection:
        tables = {
            f"{row[0]}.{row[1]}" for row in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        }
        if "audit.files" not in tables:
            assert not {name for name in tables if name.startswith("shop.")}
            return ()
        ledger = connection.execute(LEDGER).fetchall()
        known = {(row[0], row[2]) for row in ledger}
        loaded = tuple(each for each in delivery.sent if (each.ware.name, each.digest) in known)
        assert ledger == sorted(each.ledger for each in loaded)
        assert connection.execute(OPEN).fetchall() == expected_rejected(loaded)
        assert connection.execute(AUDITED).fetchall() == ledger
        jobs = Counter(each.ware.name for each in loaded)
        for name, number in connection.execute(JOBS).fetchall():
            partitioned = any(ware.partitioned for ware in delivery.wares if ware.name == name)
            assert number == jobs[name] or (partitioned and number > jobs[name])  # partitions are built again
        for ware in delivery.wares:
            there = f"shop.{ware.name}" in tables
            select = f"SELECT id, day::VARCHAR, {ware.label} FROM shop.{ware.name} ORDER BY ALL"
            assert (connection.execute(select).fetchall() if there else []) == expected_rows(ware, loaded)
    return loaded


def expected_rows(ware: Ware, loaded: tuple[Sent, ...]) -> list[tuple[int, str, str]]:
    """What is in the table of a ware, in the order of its columns."""
    mine = sorted((each for each in loaded if each.ware == ware), key=lambda each: each.at)
    return sorted(ware.settle([each.good for each in mine]))


def expected_rejected(loaded: tuple[Sent, ...]) -> list[tuple[str, str, str, int]]:
    """The open rejected records: every bad one, but an OVERWRITE answers those of the files before."""
    last = {each.ware: each for each in sorted(loaded, key=lambda each: each.at)}
    opened = [each for each in loaded if each.ware.strategy != "type: OVERWRITE" or last[each.ware] is each]
    return sorted((each.ware.name, each.name, each.digest, line) for each in opened for line in each.bad)


def assert_all_loaded_and_put_away(shop: Shop, delivery: Delivery) -> None:
    """Every file is loaded once, and in the archive once, where the ledger says; nothing waits."""
    assert set(committed(shop, delivery)) == set(delivery.sent)
    assert (shop.files("incoming"), shop.files("stage")) == ([], [])
    assert shop.files("unresolved") == (["readme.txt"] if delivery.packed else [])
    where = shop.rows("SELECT HASH, ARCHIVE FROM audit.files")
    assert [digest for digest, _ in where] == [hashlib.sha256(Path(path).read_bytes()).hexdigest() for _, path in where]
    assert shop.files("archive") == sorted(Path(path).name for _, path in where)
