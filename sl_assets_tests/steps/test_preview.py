"""What a preview says of files and columns, against the steps that then do it."""

import zipfile

import duckdb
import pytest

from sl_assets.areas.files import content_hash
from sl_assets.areas.packed import hash_entries, list_entries
from sl_assets.project.digest import changed_parts, code_parts, code_version
from sl_assets.project.records import TableKey, UnpackLimits
from sl_assets.warehouse.duckdb.catalog import plan_sync, sync_table, table_columns
from sl_assets.warehouse.duckdb.connect import Warehouse, transaction
from sl_assets.warehouse.duckdb.shadow import open_shadow, read_shapes, result_columns

KEY = TableKey("shop", "goods")


@pytest.fixture
def warehouse(tmp_path):
    opened = Warehouse(tmp_path / "warehouse.duckdb")
    with opened.writer("a test") as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute("CREATE TABLE shop.goods (id INTEGER NOT NULL, \"the label\" VARCHAR, kind ENUM('a', 'b'))")
        connection.execute("CREATE VIEW shop.seen AS SELECT id, struct_pack(a := 1) AS s FROM shop.goods")
    return opened


def test_what_a_sync_would_do_is_told_on_a_read_only_connection_and_is_what_it_then_does(warehouse):
    wanted = {"id": "BIGINT", "THE LABEL": "VARCHAR", "price": "DOUBLE"}
    with warehouse.reader() as connection:
        told = plan_sync(connection, KEY, wanted, frozenset())
    with warehouse.writer("a test") as connection:
        with transaction(connection):
            done = sync_table(connection, KEY, wanted, frozenset())
        after = table_columns(connection, KEY)
    assert told.statements == (
        'ALTER TABLE "shop"."goods" ADD COLUMN "price" DOUBLE',
        'ALTER TABLE "shop"."goods" ALTER COLUMN "id" SET DATA TYPE BIGINT',
        'ALTER TABLE "shop"."goods" ALTER COLUMN "id" DROP NOT NULL',
    )
    assert told.changes == done
    assert after == {"id": "BIGINT", "the label": "VARCHAR", "kind": "ENUM('a', 'b')", "price": "DOUBLE"}


def test_a_shadow_has_the_columns_of_tables_and_views_and_no_row(warehouse):
    keys = [KEY, TableKey("SHOP", "SEEN"), TableKey("shop", "none")]
    with warehouse.writer("a test") as connection:
        connection.execute("INSERT INTO shop.goods VALUES (1, 'one', 'a')")
    with warehouse.reader() as connection:
        shapes = read_shapes(connection, keys)
        there = {key: table_columns(connection, key) for key in keys}
    with open_shadow(shapes, "Europe/Paris") as shadow:
        assert {key: table_columns(shadow, key) for key in keys} == there
        assert shadow.execute("SELECT count(*) FROM shop.goods").fetchone() == (0,)
        assert plan_sync(shadow, KEY, {"id": "INTEGER"}, frozenset()).statements == (
            'ALTER TABLE "shop"."goods" ALTER COLUMN "id" DROP NOT NULL',
        )


def test_the_columns_of_a_query_are_told_unless_only_rows_can_tell_them(warehouse):
    with warehouse.reader() as connection:
        assert result_columns(connection, "SELECT id + 1 AS n FROM shop.goods") == {"n": "INTEGER"}
        assert result_columns(connection, "PIVOT shop.goods ON kind USING count(*)") is None
        with pytest.raises(duckdb.BinderException):
            result_columns(connection, "SELECT missing FROM shop.goods")


def test_an_entry_of_an_archive_has_the_hash_that_it_has_once_it_is_unpacked(tmp_path):
    path = tmp_path / "both.zip"
    (tmp_path / "b.csv").write_text("b" * 1_000_000, encoding="utf-8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", "a")
        packed.write(tmp_path / "b.csv", "folder/b.csv")
    entry = next(each for each in list_entries(path, UnpackLimits()) if each.name == "b.csv")
    assert hash_entries(path, UnpackLimits(), [entry.number]) == {entry.number: content_hash(tmp_path / "b.csv")}


def version(shop, attributes, extra=""):
    shop.table("goods", attributes, extra)
    node = shop.node("shop.goods")
    return code_version(node), code_parts(node)


@pytest.mark.parametrize(
    ("attributes", "extra", "told"),
    [
        ("id: long, label: string!", "", ("attributes.label.required",)),
        ("id: string, label: string", "", ("attributes.id.type",)),
        ("id: long", "", ("attributes.label (gone)",)),
        ("id: long, label: string, price: double", "", ("attributes.price (new)",)),
        (
            "id: long, label: string",
            "metadata: {writeStrategy: {type: OVERWRITE}, separator: '|'}",
            ("metadata.separator", "writeStrategy.type"),
        ),
        ("id: long, label: string", "presql: [SELECT 1]", ("presql",)),
        ("id: long, label: string", "comment: other", ()),
    ],
)
def test_what_was_changed_between_two_versions_is_named_as_in_yaml(shop, attributes, extra, told):
    before, old = version(shop, "id: long, label: string")
    after, new = version(shop, attributes, extra)
    assert changed_parts(old, new) == told
    assert (before != after) == bool(told)


def test_a_version_keeps_no_text_of_what_it_was_made_of(shop):
    _, parts = version(shop, "id: long", "presql: ['SET secret = 1234567890']\nfilter: id > 1")
    assert all(len(part) == 8 for part in parts.values())
    assert "1234567890" not in str(parts)
