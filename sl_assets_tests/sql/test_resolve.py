import duckdb
import pytest

from sl_assets.facts import Facts
from sl_assets.sql.parse import Parsed, parse_query
from sl_assets.sql.resolve import qualify
from sl_assets.sql.untranslated import untranslated

FINAL = {"orders": ("bakery", "orders"), "customers": ("bakery", "client")}


def resolve(parts: tuple[str, ...]) -> tuple[str, str] | None:
    return FINAL.get(parts[-1].lower()) if len(parts) < 3 else None


def compiled(text: str, dialect: str = "duckdb") -> str:
    return qualify(parse_query(text, dialect), resolve)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT *  FROM Orders /* kept */ o;", 'SELECT *  FROM "bakery"."orders" /* kept */ o'),
        ("WITH orders AS (SELECT * FROM orders) FROM orders", 'WITH orders AS (SELECT * FROM "bakery"."orders") FROM orders'),
        (
            "SELECT orders.id, bakery.orders.id FROM bakery.orders",
            'SELECT orders.id, "bakery"."orders".id FROM "bakery"."orders"',
        ),
        ("SELECT s.customers.id FROM s.customers", 'SELECT "customers".id FROM "bakery"."client" AS "customers"'),
        ("SELECT * FROM db.s.orders, unknown", "SELECT * FROM db.s.orders, unknown"),
    ],
)
def test_only_the_names_of_tables_change(text: str, expected: str) -> None:
    assert compiled(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "SELECT Customers.id FROM Customers",
        "SELECT bakery.customers.id FROM bakery.customers WHERE bakery.customers.id > 0",
        "SELECT c.id FROM customers c JOIN orders ON orders.id = c.id",
        "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM customers WHERE customers.id = orders.id)",
        "WITH customers AS (SELECT * FROM customers), x AS (FROM customers) SELECT customers.id FROM customers, x",
        "FROM orders SELECT id",
        "SELECT max(id) FROM (SELECT * FROM orders UNION ALL SELECT * FROM customers)",
    ],
)
def test_the_qualified_query_runs_and_means_the_final_tables(text: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE SCHEMA bakery; CREATE TABLE bakery.orders AS SELECT 1 AS id; CREATE TABLE bakery.client AS SELECT 1 AS id"
        )
        assert connection.execute(compiled(text)).fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        (
            "bigquery",
            "SELECT SAFE_CAST(id AS INT64) FROM `orders` o",
            'SELECT TRY_CAST(id AS BIGINT) FROM "bakery"."orders" AS o',
        ),
        (
            "redshift",
            "SELECT NVL(customers.a, 1) FROM customers",
            'SELECT COALESCE(customers.a, 1) FROM "bakery"."client" AS "customers"',
        ),
        ("spark", "SELECT s.customers.a FROM s.customers", 'SELECT "customers".a FROM "bakery"."client" AS "customers"'),
    ],
)
def test_another_dialect_becomes_duckdbs(dialect: str, text: str, expected: str) -> None:
    assert " ".join(compiled(text, dialect).split()) == expected


def test_a_final_name_with_a_quote_in_it_stays_a_name() -> None:
    for dialect in ("duckdb", "postgres"):
        text = qualify(parse_query("SELECT * FROM x", dialect), lambda _: ("d", 'a"; DROP TABLE b; --'))
        assert '"d"."a""; DROP TABLE b; --"' in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT Db.s.orders.id, s.orders.id FROM db.s.orders", 'SELECT "s"."orders".id, "s"."orders".id FROM "s"."orders"'),
        ("SELECT db.s.old.id, old.id FROM db.s.old", 'SELECT "old".id, old.id FROM "s"."new" AS "old"'),
        ("SELECT o.id FROM db.s.orders o", 'SELECT o.id FROM "s"."orders" o'),
    ],
)
def test_the_name_of_the_own_database_goes_with_the_tables(text: str, expected: str) -> None:
    final = {"orders": ("s", "orders"), "old": ("s", "new")}
    assert qualify(parse_query(text, "duckdb"), lambda parts: final.get(parts[-1])) == expected


def test_the_name_of_the_own_database_goes_when_sql_is_transpiled() -> None:
    query = parse_query("SELECT `db`.`s`.`orders`.id FROM `db`.`s`.`orders`", "bigquery")
    assert qualify(query, lambda _: ("s", "orders")).split() == ["SELECT", '"s"."orders".id', "FROM", '"s"."orders"']


@pytest.mark.parametrize(
    ("dialect", "text", "lost"),
    [
        ("snowflake", "SELECT f.value FROM orders, LATERAL FLATTEN(input => lines) f", "that DuckDB does not read"),
        ("snowflake", "SELECT TO_CHAR(price, '999.00') FROM orders", "format"),
        ("snowflake", "SELECT nvl(id, 0), iff(id > 1, 'a', 'b') FROM orders", ""),
        ("duckdb", "SELECT nothing_of_that_name(1)", ""),
    ],
)
def test_what_duckdb_cannot_say_is_told_and_asked_once_only(dialect: str, text: str, lost: str) -> None:
    facts = Facts()
    found = untranslated(text, dialect, facts)
    assert [lost in each for each in found] == ([True] if lost else [])

    def parse_no_more(_text: str, _dialect: str) -> Parsed:
        raise AssertionError

    assert untranslated(text, dialect, facts, parse_no_more) == found


def test_sql_of_another_dialect_is_sent_on_several_lines_and_its_texts_stay() -> None:
    query = parse_query("SELECT NVL(a, 'x\n y') AS a, b FROM orders WHERE a = 1", "redshift")
    text = qualify(query, lambda _: ("s", "orders"))
    assert len(text.splitlines()) > 5
    assert "'x\n y'" in text
