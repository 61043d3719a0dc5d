from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from sl_assets.project.records import TableKey
from sl_assets.warehouse.duckdb.audit import (
    FINDINGS,
    LEDGER_VERSION,
    TABLES,
    AuditRow,
    ensure_audit_tables,
    insert_rows,
    now,
    write_audit,
)
from sl_assets.warehouse.duckdb.connect import transaction
from sl_assets.warehouse.duckdb.history import rejected_rows, rejected_rules
from sl_assets.warehouse.duckdb.ledger import LedgerRow, archive_paths, known_files, write_ledger
from sl_assets.warehouse.errors import LedgerVersionError

KEY = TableKey("shop", "goods")


def row(name="a.csv", digest="1", partition=None, run="r1", key=KEY):
    at = datetime(2026, 1, 1)
    return LedgerRow(key, name, digest, 10, at, partition, Path("/archive") / name, at, run, "job", 3, 2, 1)


@pytest.fixture
def connection():
    connection = duckdb.connect()
    ensure_audit_tables(connection, "audit")
    return connection


def test_what_is_written_is_known(connection):
    write_ledger(connection, "audit", [row(), row("b.csv", partition="2026-01-01")])
    assert known_files(connection, "audit", KEY) == (row(), row("b.csv", partition="2026-01-01"))


def test_the_same_name_with_other_content_is_another_file(connection):
    write_ledger(connection, "audit", [row(digest="1"), row(digest="2")])
    assert len(known_files(connection, "audit", KEY)) == 2


def test_a_file_loaded_again_replaces_its_row(connection):
    write_ledger(connection, "audit", [row(run="r1")])
    write_ledger(connection, "audit", [row(run="r2")])
    assert [each.run for each in known_files(connection, "audit", KEY)] == ["r2"]


def test_partitions_choose(connection):
    write_ledger(connection, "audit", [row("a", partition="2026-01-01"), row("b", partition="2026-01-02")])
    assert [each.name for each in known_files(connection, "audit", KEY, ["2026-01-02"])] == ["b"]


def test_archive_paths_are_of_the_whole_domain(connection):
    write_ledger(connection, "audit", [row("a")])
    write_ledger(connection, "audit", [row("b", key=TableKey("shop", "other"))])
    assert archive_paths(connection, "audit", "shop") == {Path("/archive/a"), Path("/archive/b")}


def test_making_the_audit_tables_twice_is_making_them_once(connection):
    ensure_audit_tables(connection, "audit")
    assert connection.execute("SELECT LEDGER FROM audit.version").fetchall() == [(LEDGER_VERSION,)]


def test_an_audit_table_that_was_dropped_comes_back_and_the_others_keep_their_rows(connection):
    write_ledger(connection, "audit", [row()])
    connection.execute("DROP TABLE audit.rejected")
    with transaction(connection):
        ensure_audit_tables(connection, "audit")
    assert connection.execute("SELECT count(*) FROM audit.rejected").fetchone() == (0,)
    assert connection.execute("SELECT LEDGER FROM audit.version").fetchall() == [(LEDGER_VERSION,)]
    assert known_files(connection, "audit", KEY) == (row(),)


def test_an_older_audit_table_of_starlake_gets_the_columns_it_lacks():
    connection = duckdb.connect()
    old = TABLES["audit"].replace(", SCHEDULED_DATE TIMESTAMP NOT NULL", "")
    connection.execute(f"CREATE SCHEMA audit; CREATE TABLE audit.audit ({old})")
    ensure_audit_tables(connection, "audit")
    write_audit(connection, "audit", [AuditRow("j", "p", KEY, True, 1, 1, 0, now(), 5, "success", "LOAD", now())])
    assert connection.execute("SELECT count(SCHEDULED_DATE) FROM audit.audit").fetchone() == (1,)


def test_many_rows_go_in_few_statements(connection):
    connection.execute("CREATE TABLE t (i INTEGER)")
    insert_rows(connection, "t", "i", [[number] for number in range(12_000)])
    assert connection.execute("SELECT count(*), sum(i) FROM t").fetchone() == (12_000, sum(range(12_000)))


FIRST_REJECTED = (
    "JOBID VARCHAR NOT NULL, TIMESTAMP TIMESTAMP NOT NULL, DOMAIN VARCHAR NOT NULL, SCHEMA VARCHAR NOT NULL, "
    "ERROR VARCHAR NOT NULL, PATH VARCHAR NOT NULL, FILE VARCHAR, LINE BIGINT, ATTRIBUTE VARCHAR, RULE VARCHAR, VALUE VARCHAR, "
    f"RECORD VARCHAR, FINDINGS {FINDINGS}"
)


@pytest.fixture
def first_version():
    connection = duckdb.connect()
    connection.execute(f"CREATE SCHEMA audit; CREATE TABLE audit.rejected ({FIRST_REJECTED})")
    connection.execute("CREATE TABLE audit.version (LEDGER INTEGER NOT NULL); INSERT INTO audit.version VALUES (1)")
    finding = "[{'attribute': 'id', 'rule': 'pattern', 'value': 'x', 'message': 'm'}]"
    connection.execute(
        "INSERT INTO audit.rejected VALUES "
        f"('j', now()::TIMESTAMP, 'shop', 'goods', 'e', '/in/a.csv', 'a.csv', 3, 'id', 'pattern', 'x', 'x,one', {finding})"
    )
    return connection


def test_a_ledger_of_the_first_version_is_migrated_with_its_rows(first_version):
    with transaction(first_version):
        ensure_audit_tables(first_version, "audit")
    assert first_version.execute("SELECT LEDGER FROM audit.version").fetchall() == [(LEDGER_VERSION,)]
    rows = first_version.execute("SELECT FILE, LINE, len(FINDINGS), BYTE_OFFSET, REPLAYED_BY FROM audit.rejected").fetchall()
    assert rows == [("a.csv", 3, 1, None, None)]


def test_a_migration_that_does_not_come_to_its_end_leaves_the_first_version(first_version):
    with pytest.raises(KeyboardInterrupt), transaction(first_version):
        ensure_audit_tables(first_version, "audit")
        raise KeyboardInterrupt
    assert first_version.execute("SELECT LEDGER FROM audit.version").fetchall() == [(1,)]
    assert "BYTE_OFFSET" not in [row[0] for row in first_version.execute("DESCRIBE audit.rejected").fetchall()]


def test_what_was_rejected_is_shown_before_anything_was_migrated(first_version):
    shown = rejected_rows(first_version, "audit", KEY, 5)
    assert shown.select("file, line, byte_offset, record").fetchall() == [("a.csv", 3, None, "x,one")]
    assert rejected_rules(first_version, "audit", None).fetchall() == [("shop.goods", "id", "pattern", 1, "x")]


def test_a_ledger_of_a_later_version_is_left_alone(connection):
    connection.execute("UPDATE audit.version SET LEDGER = $1", [LEDGER_VERSION + 1])
    with pytest.raises(LedgerVersionError, match=f"version {LEDGER_VERSION + 1}, written by a later sl-assets.*Hint: install"):
        ensure_audit_tables(connection, "audit")
    assert connection.execute("SELECT LEDGER FROM audit.version").fetchall() == [(LEDGER_VERSION + 1,)]
