"""Column types that change: which are widened, which are kept as they are, and which are refused, with values at their edges."""

import duckdb
import pytest

from sl_assets.project.records import TableKey
from sl_assets.warehouse.changes import ColumnTypes, SchemaChanges
from sl_assets.warehouse.duckdb.catalog import sync_table, table_columns
from sl_assets.warehouse.duckdb.connect import transaction
from sl_assets.warehouse.duckdb.widening import Clash, common_type
from sl_assets.warehouse.errors import SchemaDriftError

KEY = TableKey("shop", "goods")

WIDENED = {
    "TINYINT": (
        ["-128", "127"],
        ["SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL(3,0)", "DECIMAL(5,2)"],
    ),
    "SMALLINT": (["-32768", "32767"], ["INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL(5,0)"]),
    "INTEGER": (["-2147483648", "2147483647"], ["BIGINT", "HUGEINT", "DOUBLE", "DECIMAL(10,0)", "DECIMAL(38,9)"]),
    "BIGINT": (["-9223372036854775808", "9223372036854775807"], ["HUGEINT", "DECIMAL(19,0)", "DECIMAL(38,9)"]),
    "UTINYINT": (["0", "255"], ["USMALLINT", "SMALLINT", "INTEGER", "FLOAT", "DECIMAL(3,0)"]),
    "UINTEGER": (["4294967295"], ["UBIGINT", "BIGINT", "DOUBLE", "DECIMAL(10,0)"]),
    "UBIGINT": (["18446744073709551615"], ["HUGEINT", "UHUGEINT", "DECIMAL(20,0)"]),
    "FLOAT": (["'-3.4028235e38'", "1e-45", "'NaN'", "'infinity'", "0.1"], ["DOUBLE"]),
    "DECIMAL(9,2)": (["-9999999.99", "0.01"], ["DECIMAL(10,2)", "DECIMAL(10,3)", "DECIMAL(38,9)"]),
    "DECIMAL(9,0)": (["999999999"], ["INTEGER", "BIGINT", "HUGEINT", "DECIMAL(18,9)"]),
    "DECIMAL(38,0)": (["99999999999999999999999999999999999999"], ["HUGEINT"]),
    "DECIMAL(18,0)": (["-999999999999999999"], ["BIGINT", "HUGEINT"]),
    "DATE": (
        ["'0001-01-01'", "'9999-12-31'", "'infinity'"],
        ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"],
    ),
    "TIMESTAMP_S": (["'2024-02-29 23:59:59'"], ["TIMESTAMP"]),
    "TIMESTAMP_MS": (["'2024-02-29 23:59:59.999'"], ["TIMESTAMP"]),
    "JSON": (["""'{"a": [1]}'"""], ["VARCHAR"]),
    "ENUM('a', 'b')": (["'a'", "'b'"], ["VARCHAR"]),
    "INTEGER[]": (["[1, NULL]", "[]"], ["BIGINT[]"]),
    "STRUCT(a INTEGER)": (["{'a': 2147483647}", "{'a': NULL}"], ["STRUCT(a BIGINT)"]),
    "STRUCT(a INTEGER)[]": (["[{'a': 1}, NULL]"], ["STRUCT(a BIGINT)[]"]),
    "MAP(VARCHAR, INTEGER)": (["MAP {'x': 1}"], ["MAP(VARCHAR, BIGINT)"]),
}
PAIRS = [(before, after, values) for before, (values, afters) in WIDENED.items() for after in afters]

REFUSED = [
    ("BIGINT", "DOUBLE"),  # 2^53 + 1 is none
    ("INTEGER", "FLOAT"),
    ("INTEGER", "DECIMAL(10,2)"),
    ("TINYINT", "UBIGINT"),
    ("UBIGINT", "BIGINT"),
    ("DECIMAL(9,2)", "DOUBLE"),
    ("DECIMAL(9,2)", "DECIMAL(9,3)"),
    ("DECIMAL(9,2)", "BIGINT"),
    ("DATE", "TIMESTAMP_NS"),
    ("DATE", "TIMESTAMP_MS"),
    ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    ("TIMESTAMP", "TIMESTAMP_NS"),
    ("TIME", "TIMESTAMP"),
    ("BOOLEAN", "INTEGER"),
    ("INTEGER", "VARCHAR"),
    ("DATE", "VARCHAR"),
    ("DOUBLE", "VARCHAR"),
    ("UUID", "VARCHAR"),
    ("BLOB", "VARCHAR"),
    ("INTEGER", "INTEGER[]"),
    ("STRUCT(a INTEGER)", "INTEGER"),
    ("STRUCT(a INTEGER)", "JSON"),
    ("ENUM('a', 'b')", "ENUM('a', 'c')"),
]


@pytest.fixture
def connection():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Europe/Paris'; CREATE SCHEMA shop")
    return connection


def goods(connection, kind, values=()):
    connection.execute(f"CREATE TABLE shop.goods (id INTEGER, x {kind})")
    for number, value in enumerate(values):
        connection.execute(f"INSERT INTO shop.goods VALUES ({number}, CAST({value} AS {kind}))")


@pytest.mark.parametrize(("before", "after", "values"), PAIRS, ids=lambda each: each if isinstance(each, str) else "")
def test_a_wider_type_takes_every_value_as_it_is(connection, before, after, values):
    goods(connection, before, [*values, "NULL"])
    connection.execute("CREATE TABLE shop.before AS FROM shop.goods")
    assert sync_table(connection, KEY, {"id": "INTEGER", "x": after}).widened == (ColumnTypes("x", before, after),)
    assert table_columns(connection, KEY)["x"] == after
    differing = f"""SELECT a.x, b.x FROM shop.before AS a JOIN shop.goods AS b USING (id)
                    WHERE a.x IS DISTINCT FROM b.x::{before} OR a.x::{after} IS DISTINCT FROM b.x"""
    assert connection.execute(differing).fetchall() == []
    assert connection.execute("SELECT count(*) FROM shop.goods").fetchone() == (len(values) + 1,)


@pytest.mark.parametrize(("before", "after", "values"), PAIRS, ids=lambda each: each if isinstance(each, str) else "")
def test_a_table_that_is_wider_than_the_project_stays_so(connection, before, after, values):
    goods(connection, after)
    kept = (ColumnTypes("x", after, before),)
    assert sync_table(connection, KEY, {"id": "INTEGER", "x": before}) == SchemaChanges(kept=kept)
    for value in values:
        connection.execute(f"INSERT INTO shop.goods (x) SELECT CAST({value} AS {before})")
    assert connection.execute("SELECT count(x) FROM shop.goods").fetchone() == (len(values),)


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_anything_else_is_refused_with_both_types_and_changes_nothing(connection, before, after):
    goods(connection, before, ["NULL"])
    with pytest.raises(SchemaDriftError) as raised:
        sync_table(connection, KEY, {"id": "BIGINT", "x": after, "new": "DATE"})
    shown = str(connection.sqltype(before)), str(connection.sqltype(after))
    assert f"shop.goods has other column types in the warehouse than in the project: x is {shown[0]} there, {shown[1]} here." in (
        str(raised.value)
    )
    assert "Nothing was written. Hint: " in str(raised.value)
    assert table_columns(connection, KEY) == {"id": "INTEGER", "x": shown[0]}


def test_two_decimals_of_which_none_holds_the_other_come_with_one_that_does(connection):
    goods(connection, "DECIMAL(10,2)")
    with pytest.raises(SchemaDriftError, match=r"Hint: DECIMAL\(12,4\) would hold both\. Set the type back"):
        sync_table(connection, KEY, {"x": "DECIMAL(10,4)"})
    assert common_type(connection.sqltype("DECIMAL(38,2)"), connection.sqltype("DECIMAL(38,4)")) == Clash(
        "", "DECIMAL(38,2)", "DECIMAL(38,4)"
    )


def test_a_value_that_its_wider_type_cannot_take_after_all_fails_the_load_and_leaves_the_table(connection):
    goods(connection, "DATE", ["'5000000-01-01'"])
    with pytest.raises(SchemaDriftError, match="5000000-01-01"), transaction(connection):
        sync_table(connection, KEY, {"x": "TIMESTAMP", "new": "DATE"})
    assert table_columns(connection, KEY) == {"id": "INTEGER", "x": "DATE"}


def test_a_field_inside_a_column_is_named_when_it_clashes(connection):
    goods(connection, "STRUCT(a INTEGER, b STRUCT(c DATE)[])")
    with pytest.raises(SchemaDriftError, match=r"x\.b\[\]\.c is DATE there, BIGINT here"):
        sync_table(connection, KEY, {"x": "STRUCT(a INTEGER, b STRUCT(c BIGINT)[])"})


@pytest.mark.parametrize(
    ("before", "after", "common"),
    [
        ("STRUCT(a INTEGER)", "STRUCT(a INTEGER, b DATE)", "STRUCT(a INTEGER, b DATE)"),
        ("STRUCT(a INTEGER, b DATE)", "STRUCT(c VARCHAR, a BIGINT)", "STRUCT(a BIGINT, b DATE, c VARCHAR)"),
        ("STRUCT(a STRUCT(b DATE))[]", "STRUCT(a STRUCT(c DATE, d DATE[]))[]", "STRUCT(a STRUCT(b DATE, c DATE, d DATE[]))[]"),
        ('STRUCT("a b" INTEGER)', 'STRUCT("A B" BIGINT, "c ""d" DATE)', 'STRUCT("a b" BIGINT, "c ""d" DATE)'),
        ("MAP(VARCHAR, STRUCT(a DATE))", "MAP(VARCHAR, STRUCT(b DATE))", "MAP(VARCHAR, STRUCT(a DATE, b DATE))"),
    ],
)
def test_a_struct_gets_the_fields_it_lacks_and_keeps_its_own(connection, before, after, common):
    goods(connection, before, ["NULL"])
    (change,) = sync_table(connection, KEY, {"x": after}).widened
    assert change == ColumnTypes("x", before, common)
    assert table_columns(connection, KEY)["x"] == common
    connection.execute(f"INSERT INTO shop.goods (x) SELECT NULL::{after}")


def test_fields_are_filled_by_their_names_whatever_their_order(connection):
    goods(connection, "STRUCT(a INTEGER, b VARCHAR)[]", ["[{'a': 1, 'b': 'x'}]"])
    sync_table(connection, KEY, {"x": "STRUCT(c DATE, B VARCHAR)[]"})
    connection.execute("INSERT INTO shop.goods SELECT 1, [{'c': DATE '2024-01-01', 'B': 'y'}]")
    rows = connection.execute("SELECT x[1].a, x[1].b, x[1].c::VARCHAR FROM shop.goods ORDER BY id").fetchall()
    assert rows == [(1, "x", None), (None, "y", "2024-01-01")]


def test_the_same_fields_in_another_order_or_letter_case_are_no_change(connection):
    goods(connection, "STRUCT(a INTEGER, b DATE)")
    assert sync_table(connection, KEY, {"ID": "INTEGER", "X": "STRUCT(B DATE, A INTEGER)"}).widened == ()
    assert table_columns(connection, KEY) == {"id": "INTEGER", "x": "STRUCT(a INTEGER, b DATE)"}


def test_views_survive_that_a_column_is_widened_and_others_are_added(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE SCHEMA shop")
        goods(connection, "STRUCT(a INTEGER)", ["{'a': 1}"])
        connection.execute("CREATE VIEW everything AS FROM shop.goods; CREATE VIEW parts AS SELECT id, x.a FROM shop.goods")
        with transaction(connection):
            sync_table(connection, KEY, {"id": "BIGINT", "x": "STRUCT(a BIGINT, b DATE)", "new": "DATE"})
    with duckdb.connect(path) as connection:
        assert connection.execute("SELECT id, x.a, x.b FROM everything").fetchall() == [(0, 1, None)]
        assert connection.execute("FROM parts").fetchall() == [(0, 1)]


def test_everything_is_as_before_when_the_transaction_fails(connection):
    goods(connection, "INTEGER", ["1"])
    connection.execute("CREATE TABLE shop.before AS FROM shop.goods")
    with pytest.raises(ZeroDivisionError), transaction(connection):
        sync_table(connection, KEY, {"id": "BIGINT", "x": "BIGINT", "new": "DATE"})
        connection.execute("DELETE FROM shop.goods")
        raise ZeroDivisionError
    assert table_columns(connection, KEY) == {"id": "INTEGER", "x": "INTEGER"}
    assert connection.execute("FROM shop.goods").fetchall() == [(0, 1)]


def test_an_index_on_the_column_is_told_and_the_way_out(connection):
    goods(connection, "INTEGER", ["1"])
    connection.execute("CREATE INDEX by_x ON shop.goods (x)")
    with pytest.raises(SchemaDriftError, match="Hint: drop an index or a key that stands on the table"), transaction(connection):
        sync_table(connection, KEY, {"x": "BIGINT"})


def test_a_table_is_made_with_the_columns_that_are_never_null(connection):
    sync_table(connection, KEY, {"id": "INTEGER", "x": "DATE"}, {"ID"})
    with pytest.raises(duckdb.ConstraintException, match=r"NOT NULL constraint failed: goods\.id"):
        connection.execute("INSERT INTO shop.goods VALUES (NULL, NULL)")


@pytest.mark.parametrize("required", [{"x"}, set()])
def test_a_column_that_is_required_no_more_or_gone_from_the_project_may_be_null(connection, required):
    sync_table(connection, KEY, {"id": "INTEGER", "x": "INTEGER"}, {"id", "x"})
    assert sync_table(connection, KEY, {"x": "BIGINT"}, required).widened == (ColumnTypes("x", "INTEGER", "BIGINT"),)
    connection.execute("INSERT INTO shop.goods (x) VALUES (1)")
    nullable = connection.execute("SELECT is_nullable FROM duckdb_columns() WHERE table_name = 'goods' ORDER BY column_index")
    assert nullable.fetchall() == [(True,), (not required,)]


def test_constraints_of_a_table_that_is_not_loaded_are_left_alone(connection):
    connection.execute("CREATE TABLE shop.goods (id INTEGER NOT NULL)")
    sync_table(connection, KEY, {"id": "BIGINT"})
    assert connection.execute("SELECT is_nullable FROM duckdb_columns() WHERE table_name = 'goods'").fetchone() == (False,)
