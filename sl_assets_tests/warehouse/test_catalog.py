import duckdb
import pytest

from sl_assets.project.records import Attribute, TableKey, Type
from sl_assets.warehouse.changes import SchemaChanges
from sl_assets.warehouse.duckdb.catalog import describe_table, relation_columns, sync_table, table_columns
from sl_assets.warehouse.duckdb.connect import transaction
from sl_assets.warehouse.errors import SchemaDriftError

KEY = TableKey("shop", "goods")
STRING = Type("string", "string", ".*", "VARCHAR")


@pytest.fixture
def connection():
    return duckdb.connect()


def test_a_missing_table_is_made_with_its_schema(connection):
    assert sync_table(connection, KEY, {"id": "BIGINT", "odd name": "VARCHAR"}) == SchemaChanges()
    assert table_columns(connection, KEY) == {"id": "BIGINT", "odd name": "VARCHAR"}


def test_new_columns_are_added_and_told_and_none_is_dropped(connection):
    sync_table(connection, KEY, {"id": "BIGINT", "old": "VARCHAR"})
    assert sync_table(connection, KEY, {"id": "BIGINT", "new": "DATE"}) == SchemaChanges(("new",))
    assert table_columns(connection, KEY) == {"id": "BIGINT", "old": "VARCHAR", "new": "DATE"}


def test_a_changed_type_is_refused_before_anything_is_written(connection):
    sync_table(connection, KEY, {"id": "BIGINT", "at": "DATE"})
    with pytest.raises(SchemaDriftError, match="at is DATE there, BIGINT here"):
        sync_table(connection, KEY, {"id": "HUGEINT", "at": "BIGINT", "new": "DATE"})
    assert table_columns(connection, KEY)["id"] == "BIGINT"
    assert "new" not in table_columns(connection, KEY)


TYPES = (
    *("BOOLEAN", "TINYINT", "UHUGEINT", "DECIMAL(18,3)", "DOUBLE", "VARCHAR", "BLOB", "BIT", "UUID", "JSON", "INTERVAL", "DATE"),
    *("TIME", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "ENUM('a', 'it''s')", "INTEGER[]", "INTEGER[3]"),
    *('STRUCT(a INTEGER, "odd name" VARCHAR[])', "MAP(VARCHAR, STRUCT(x DATE))", "UNION(n INTEGER, t VARCHAR)", "mood"),
)


def test_types_are_written_as_the_database_lists_them(connection):
    connection.execute("CREATE SCHEMA shop; CREATE TYPE mood AS ENUM ('sad', 'glad')")
    columns = ", ".join(f'"c {number}" {kind}' for number, kind in enumerate(TYPES))
    connection.execute(f"CREATE TABLE shop.goods ({columns}); CREATE VIEW shop.seen AS FROM shop.goods")
    for name in ("goods", "seen"):
        listed = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $1 ORDER BY column_index"
        found = table_columns(connection, TableKey("SHOP", name.upper()))
        assert list(found.items()) == connection.execute(listed, [name]).fetchall()
        assert len(found) == len(TYPES)


def test_a_view_has_the_columns_that_it_gives_and_those_it_had_when_its_table_is_gone(connection):
    connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.base (id BIGINT, label VARCHAR)")
    connection.execute("CREATE VIEW shop.goods AS SELECT * FROM shop.base")
    connection.execute("DROP TABLE shop.base")
    assert table_columns(connection, KEY) == {"id": "BIGINT", "label": "VARCHAR"}
    connection.execute("CREATE TABLE shop.base (id BIGINT)")
    assert table_columns(connection, KEY) == relation_columns(connection, "SELECT * FROM shop.goods") == {"id": "BIGINT"}


def test_a_question_about_what_is_not_there_or_is_broken_leaves_the_transaction_as_it_is(connection):
    connection.execute("SET python_enable_replacements = false")
    connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.base (id BIGINT); CREATE VIEW shop.seen AS FROM shop.base")
    connection.execute("DROP TABLE shop.base")
    with transaction(connection):
        connection.execute("CREATE TABLE shop.written (i INTEGER)")
        assert table_columns(connection, TableKey("nowhere", "goods")) == {}
        assert table_columns(connection, TableKey("shop", "connection")) == {}
        assert table_columns(connection, TableKey("shop", "seen")) == {"id": "BIGINT"}
    assert table_columns(connection, TableKey("shop", "written")) == {"i": "INTEGER"}


def test_a_schema_with_the_name_of_a_database_has_its_tables(connection):
    connection.execute("CREATE SCHEMA temp; CREATE TABLE memory.temp.goods (id BIGINT)")
    assert table_columns(connection, TableKey("temp", "goods")) == {"id": "BIGINT"}


def test_a_table_of_the_same_name_in_another_schema_is_another_table(connection):
    connection.execute("CREATE TABLE goods (other INTEGER)")
    assert table_columns(connection, KEY) == {}


def test_the_columns_of_a_select_are_known_without_running_it(connection):
    assert relation_columns(connection, "SELECT 1 AS a, [1.5] AS b") == {"a": "INTEGER", "b": "DECIMAL(2,1)[]"}


def test_comments_reach_the_database(connection):
    sync_table(connection, KEY, {"id": "BIGINT", "label": "VARCHAR"})
    attributes = [
        Attribute("label", "label", STRING, comment="it's a label"),
        Attribute("gone", "gone", STRING, comment="no column"),
    ]
    describe_table(connection, KEY, "what we sell", attributes)
    assert connection.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'goods'").fetchone() == ("what we sell",)
    rows = connection.execute("SELECT column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL").fetchall()
    assert rows == [("label", "it's a label")]
