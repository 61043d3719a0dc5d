import duckdb
import pytest

from sl_assets.project.records import Attribute, TableKey, Type
from sl_assets.warehouse.changes import SchemaChanges
from sl_assets.warehouse.duckdb.catalog import describe_table, relation_columns, sync_table, table_columns
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
