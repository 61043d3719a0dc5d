"""The columns of a query, against what DuckDB makes of it; and where they come from, as a reader of the query would say."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.sql.columns import column_flow
from sl_assets.sql.parse import parse_query
from sl_assets_tests.sql.tables_to_read import schema, warehouse

GOOD = """
SELECT * EXCLUDE (a) REPLACE (b + 1 AS b) RENAME (c AS d) FROM t
SELECT min(COLUMNS('[ab]')) AS x FROM t
SELECT min(COLUMNS('[ab]')) FROM t
SELECT COLUMNS('[ab]') + 1 FROM t
SELECT COLUMNS(* EXCLUDE (a)) FROM u
SELECT COLUMNS(['A', 'b']) FROM u
SELECT COLUMNS(x -> x LIKE 'a%' OR x IN ('z')), COLUMNS(x -> NOT starts_with(x, 'a') AND x <> 'b') + 1 FROM u
SELECT unnest(s) FROM t
SELECT unnest(s) AS y FROM t
SELECT unnest(ls) AS y FROM t
SELECT unnest(ls, recursive := true) FROM t
SELECT unnest(struct_pack(x := a, y := b)) FROM u
SELECT x FROM t, unnest(t.l) AS x
SELECT x.unnest FROM t, unnest(t.l) AS x
SELECT g.x FROM t, unnest(t.l) AS g(x)
SELECT x.p FROM (SELECT unnest(ls) AS x FROM t)
SELECT * FROM unnest([{'a': 1, 'b': 2}])
SELECT * FROM t, unnest(ls)
SELECT g FROM range(3) g
SELECT * FROM generate_series(1, 2)
SELECT * FROM r, range(id) g(n)
SELECT * FROM (VALUES (1, 'x')) v
SELECT * FROM (VALUES (1, 2)) v(n)
VALUES (1, 2)
PIVOT r ON name IN ('x', 'y') USING sum(v) GROUP BY id
PIVOT r ON name IN ('x', 'y') USING sum(v) AS s, max(id) GROUP BY seen
PIVOT (SELECT id, name, v FROM r) ON name IN ('x') USING sum(v)
SELECT * FROM r PIVOT (sum(v) AS s FOR name IN ('x' AS one, 'y') GROUP BY id)
SELECT * FROM r PIVOT (sum(v) FOR id IN (1, 2))
UNPIVOT u ON a, b INTO NAME n VALUE v
UNPIVOT u ON a, b
UNPIVOT u ON A, U.B
UNPIVOT u ON *
UNPIVOT u ON COLUMNS(* EXCLUDE (a)) INTO NAME n VALUE v
UNPIVOT u ON COLUMNS('[bz]')
UNPIVOT u ON COLUMNS(x -> x = 'b' OR x = 'z')
UNPIVOT t ON (a, b), (b, c) INTO NAME n VALUE x, y
SELECT * FROM u UNPIVOT (v FOR n IN (a, b))
SELECT u FROM u
SELECT s.* FROM t
SELECT s.f, t.s.f, t.s.g.h FROM t
SELECT s['f'] AS f, ls[1].p AS p, ls[1]['q'] AS q, l[1] AS l1, len(ls) AS n, s.g.h + 1 AS h FROM t
SELECT a FROM t JOIN u USING (a)
SELECT * FROM t LEFT JOIN u USING (a)
SELECT * FROM t SEMI JOIN u USING (a)
SELECT * FROM t POSITIONAL JOIN r
SELECT * FROM u JOIN r ON a = id NATURAL JOIN (SELECT 1 AS z)
SELECT * FROM u FULL JOIN (SELECT a, v FROM r, (SELECT a FROM u)) w USING (a)
SELECT t.a, r.* FROM t ASOF JOIN r ON t.a >= r.id
SELECT * FROM (u JOIN r ON a = id)
SELECT t.a FROM t, u ORDER BY a
SELECT t.a AS q FROM t, u WHERE q = 1
SELECT a AS b, b FROM u
SELECT a, a, a FROM u
SELECT t.a, u.a, 1 AS a_1 FROM t, u
SELECT a + 1 AS k, k + 1 AS j FROM u
SELECT a AS q FROM u GROUP BY q HAVING q > 1
SELECT m, n, z FROM u AS x(m, n)
SELECT rowid, u.rowid FROM u
WITH q(x, y) AS (SELECT a, b FROM u) SELECT * FROM q
WITH q(x) AS (SELECT a, b FROM u) SELECT * FROM q
WITH q AS (SELECT a AS k FROM u), p AS (SELECT k + 1 AS j FROM q) SELECT j, k FROM p, q
WITH u AS (SELECT a FROM u) SELECT * FROM u
WITH RECURSIVE w(n) AS (SELECT a FROM u UNION ALL SELECT n + z FROM w, u WHERE n < 5) SELECT * FROM w
SELECT shop.u.a, u.b, memory.shop.u.z FROM shop.u
SELECT U.A, "B" FROM "U"
SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND c = 1)
SELECT a FROM u u1 WHERE EXISTS (SELECT 1 FROM u u2 WHERE u2.a = u1.b AND u1.z = 3)
SELECT a FROM (SELECT * FROM u) q WHERE q.b = 1
SELECT * FROM (SELECT * FROM u) AS q(x, y)
SELECT * LIKE 'a%' FROM u
SELECT A, U.B, (Z), a AS "K", k FROM u
SELECT A, U.B, * FROM t JOIN u USING (A)
SELECT S.F, T.s.G, x.P, s FROM t, (SELECT unnest(LS) AS x FROM t)
SELECT * REPLACE (1 AS "A") FROM u
SELECT B FROM (SELECT a AS b FROM u) UNION ALL SELECT Z FROM u
SELECT * FROM u x, (SELECT x.a + 1 AS aa)
SELECT u.a FROM u CROSS JOIN LATERAL (SELECT v FROM r WHERE r.id = u.a) l WHERE l.v > 1
SELECT a, b FROM u UNION ALL BY NAME SELECT b, z FROM u
SELECT a FROM u INTERSECT SELECT b FROM u
SELECT a, b FROM u EXCEPT SELECT id, z FROM r, u
SELECT DISTINCT ON (a) b FROM u
SELECT DISTINCT a FROM u ORDER BY a
SELECT count(*) AS c FROM u GROUP BY ALL ORDER BY ALL
SELECT t.* EXCLUDE (a) FROM t, u
SELECT u.* REPLACE (a + 1 AS a), r.* EXCLUDE (id) FROM u, r
SELECT * EXCLUDE (b), coalesce(a, b) AS k FROM u WHERE k > 1
FROM (SELECT a AS x FROM u), LATERAL (SELECT x + 1 AS y) SELECT y
FROM u
TABLE u
SELECT row_number() OVER w AS n, sum(z) OVER (PARTITION BY a ORDER BY b) AS s FROM u WINDOW w AS (PARTITION BY b ORDER BY z)
SELECT (SELECT max(v) FROM r WHERE id = u.a) AS m, EXISTS (SELECT 1 FROM r WHERE id = b) AS e, a IN (FROM r SELECT id) AS i FROM u
SELECT list_transform(l, x -> x + a) AS y, list_filter(l, lambda z: z > b) AS z, [e.p FOR e IN ls IF e.q > 1] AS w FROM t
SELECT x.k FROM (SELECT {'k': a} AS x FROM u)
SELECT CASE WHEN a > 1 THEN b ELSE z END AS c, nullif(a, 0) AS d, a BETWEEN b AND z AS e FROM u
SELECT string_agg(a::VARCHAR, ',' ORDER BY b) AS s, list(a ORDER BY z) AS l, arg_max(a, b) AS m FROM u
SELECT max(a), min(u.b), count(z), a::BIGINT, try_cast(b AS VARCHAR), avg(a), count(*), sum(b) FROM u GROUP BY a, b
SELECT sum(v) AS s, avg(v) AS m, max(seen) AS latest, name || 'x' AS n, sum(v) FILTER (WHERE id > 1) AS f FROM r GROUP BY name
SELECT first(a ORDER BY b) AS f, last(a) AS l, max(a, 2) AS two, lag(a) OVER (ORDER BY b) AS g FROM u GROUP BY a, b
SELECT date_trunc('month', seen) AS m, extract(year FROM seen) AS y, seen + INTERVAL (id) DAY AS d, current_date AS c FROM r
SELECT grouping_id(a) AS g, a FROM u GROUP BY ROLLUP (a)
SELECT a FROM u WHERE a > (SELECT avg(v) FROM r) LIMIT (SELECT max(id) FROM r)
SELECT a AS "Group", "group" + 1 AS g2 FROM u
SELECT x, somewhere.y FROM somewhere
SELECT x, a FROM somewhere, u
"""

BAD = """
SELECT struct_pack(x := a) AS q, q.x FROM u
SELECT struct_pack(x := a) AS q FROM u ORDER BY q.x
SELECT nope FROM u
SELECT a FROM u WHERE nope > 1
SELECT a FROM u GROUP BY nope
SELECT a FROM u ORDER BY nope
SELECT a FROM u ORDER BY u.nope
SELECT a FROM u JOIN r ON nope = id
SELECT a FROM u JOIN r USING (a)
SELECT u.nope FROM u
SELECT nope.a FROM u
SELECT x.a FROM u AS x(m, n)
SELECT u.a FROM u AS x
SELECT s.nope FROM t
SELECT t.s.nope FROM t
SELECT x.nope FROM (SELECT unnest(ls) AS x FROM t)
SELECT * EXCLUDE (nope) FROM u
SELECT * REPLACE (1 AS nope) FROM u
SELECT a FROM t, u
SELECT b FROM t JOIN u USING (a)
SELECT t.a FROM t, u WHERE a = 1
SELECT t.a FROM t, u GROUP BY t.a HAVING a > 1
SELECT k + 1 AS j, a + 1 AS k FROM u
SELECT sum(x) FROM (SELECT a + b AS x FROM u) WHERE y = 1
SELECT a FROM u WHERE EXISTS (SELECT 1 FROM r WHERE r.nope = u.a)
WITH q AS (SELECT a FROM u) SELECT b FROM q
SELECT a FROM u UNION ALL SELECT nope FROM t
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.fixture(scope="module")
def database():
    with warehouse() as connection:
        yield connection


def made_by(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[str, str]]:
    """Name and type of each column of a table made of a query."""
    rows = f"SELECT * FROM ({query})" if query.startswith(("PIVOT", "UNPIVOT")) else query
    connection.execute(f"CREATE OR REPLACE TEMP TABLE made AS {rows}")
    return [(row[0], row[1]) for row in connection.execute("DESCRIBE made").fetchall()]


@pytest.mark.parametrize("query", lines(GOOD))
def test_a_query_has_the_columns_that_duckdb_makes_of_it(query, database):
    flow = column_flow(parse_query(query), schema)
    expected = made_by(database, query)
    assert flow.gaps == ()
    assert flow.faults == ()
    assert [name for name, _ in flow.columns] == [name for name, _ in expected]
    for (name, value), (_, kind) in zip(flow.columns, expected, strict=True):
        assert value.type in ("", kind), name


@pytest.mark.parametrize("query", lines(BAD))
def test_a_name_that_duckdb_refuses_is_told(query, database):
    with pytest.raises(duckdb.BinderException):
        made_by(database, query)
    assert column_flow(parse_query(query), schema).faults


def origins(query: str, dialect: str = "duckdb") -> dict[str, str]:
    """Each column with what it comes from: `u.a u.b`."""
    flow = column_flow(parse_query(query, dialect), schema)
    assert flow.gaps == ()
    return {
        name: " ".join(sorted(".".join(part for part in one[1:] if part) for one in value.origins))
        for name, value in flow.columns
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT a, b + z AS c, 1 AS one, count(*) AS n FROM u", {"a": "u.a", "c": "u.b u.z", "one": "", "n": ""}),
        ("WITH q AS (SELECT a * 2 AS k FROM u) SELECT k + 1 AS j FROM q", {"j": "u.a"}),
        ("SELECT a FROM u UNION ALL SELECT id FROM r", {"a": "r.id u.a"}),
        ("SELECT a, b FROM u UNION ALL BY NAME SELECT z AS b, a AS c FROM u", {"a": "u.a", "b": "u.b u.z", "c": "u.a"}),
        ("SELECT a FROM u EXCEPT SELECT id FROM r", {"a": "u.a"}),
        ("SELECT sum(a) OVER (PARTITION BY b ORDER BY z) AS s FROM u", {"s": "u.a u.b u.z"}),
        ("SELECT rank() OVER w AS n FROM u WINDOW w AS (ORDER BY z)", {"n": "u.z"}),
        ("SELECT CASE WHEN a > 1 THEN b END AS c FROM u WHERE z = 3", {"c": "u.a u.b"}),
        ("SELECT (SELECT max(v) FROM r WHERE id = u.a) AS m FROM u", {"m": "r.v"}),
        ("SELECT EXISTS (SELECT 1 FROM r WHERE id = u.a) AS e FROM u", {"e": "r.id u.a"}),
        ("SELECT a IN (SELECT id FROM r) AS i FROM u", {"i": "r.id u.a"}),
        ("SELECT s.g.h, s.f + 1 AS f, s FROM t", {"h": "t.s.g.h", "f": "t.s.f", "s": "t.s"}),
        ("SELECT line.q FROM (SELECT unnest(ls) AS line FROM t)", {"q": "t.ls.q"}),
        ("SELECT x FROM t, unnest(l) AS g(x)", {"x": "t.l"}),
        ("SELECT t.* EXCLUDE (l, s, ls), z FROM t LEFT JOIN u USING (a)", {**{one: f"t.{one}" for one in "abc"}, "z": "u.z"}),
        ("SELECT a FROM t RIGHT JOIN u USING (a)", {"a": "u.a"}),
        ("SELECT a FROM t FULL JOIN u USING (a)", {"a": "t.a u.a"}),
        ("SELECT * REPLACE (b AS a) FROM u", {"a": "u.b", "b": "u.b", "z": "u.z"}),
        ("SELECT max(COLUMNS(*)) FROM u", {"a": "u.a", "b": "u.b", "z": "u.z"}),
        ("WITH RECURSIVE w(n) AS (SELECT a FROM u UNION ALL SELECT n + z FROM w, u) SELECT n FROM w", {"n": "u.a u.z"}),
        ("SELECT sum(a) FILTER (WHERE b > 1) AS s FROM u", {"s": "u.a u.b"}),
        ("SELECT list_transform(l, x -> x + a) AS m FROM t", {"m": "t.a t.l"}),
        ("SELECT a + 1 AS k, k * z AS j FROM u", {"k": "u.a", "j": "u.a u.z"}),
        ("PIVOT r ON name IN ('x') USING sum(v) GROUP BY id", {"id": "r.id", "x": "r.name r.v"}),
        ("UNPIVOT u ON a, b INTO NAME n VALUE v", {"z": "u.z", "n": "", "v": "u.a u.b"}),
        ("UNPIVOT u ON COLUMNS(* EXCLUDE a)", {"a": "u.a", "name": "", "value": "u.b u.z"}),
        (
            "UNPIVOT t ON (a, b), (b, c) INTO NAME n VALUE x, y",
            {"l": "t.l", "s": "t.s", "ls": "t.ls", "n": "", "x": "t.a t.b", "y": "t.b t.c"},
        ),
        ("SELECT COLUMNS(x -> x LIKE '_' AND x <> 'a') FROM u", {"b": "u.b", "z": "u.z"}),
        ("SELECT u FROM u", {"u": "u.a u.b u.z"}),
        ("SELECT x, y + a AS s FROM somewhere, u", {"x": "somewhere.x", "s": "somewhere.y u.a"}),
        ("SELECT v FROM (VALUES (1, 2)) g(v, w), u", {"v": ""}),
    ],
)
def test_each_column_says_what_it_comes_from(query, expected):
    assert origins(query) == expected


@pytest.mark.parametrize(
    ("dialect", "query", "expected"),
    [
        ("bigquery", "SELECT item.q, o.a FROM t AS o, UNNEST(o.ls) AS item", {"q": "t.ls.q", "a": "t.a"}),
        ("bigquery", "SELECT item.q FROM t AS o, o.ls AS item", {"q": "t.ls.q"}),
        ("bigquery", "SELECT * EXCEPT (a), DATE_TRUNC(z, MONTH) AS m FROM u", {"b": "u.b", "z": "u.z", "m": "u.z"}),
        ("spark", "SELECT x FROM t LATERAL VIEW explode(l) g AS x", {"x": "t.l"}),
        ("snowflake", "SELECT a, DATEDIFF(day, seen, seen) AS d FROM u JOIN r ON a = id", {"a": "u.a", "d": "r.seen"}),
        ("postgres", "SELECT DISTINCT ON (a) b, z::int AS z FROM u ORDER BY a", {"b": "u.b", "z": "u.z"}),
    ],
)
def test_other_dialects_are_read_in_their_own_way(dialect, query, expected):
    assert origins(query, dialect) == expected


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT * FROM somewhere", "* cannot be written out, because not all columns of somewhere are known"),
        ("SELECT k.* FROM somewhere k", "k.* cannot be written out, because not all columns of k are known"),
        ("SELECT q FROM somewhere, nowhere", "q may be a column of somewhere or nowhere, of which not all columns are known"),
        ("PIVOT r ON name USING sum(v)", "the columns of this PIVOT depend on the data"),
        ("SELECT a + b FROM u", "column 1 has no name; give it one with AS"),
        ("SELECT COLUMNS(x -> x < 'b') FROM u", "COLUMNS cannot be written out"),
    ],
)
def test_what_cannot_be_worked_out_is_said(query, reason):
    flow = column_flow(parse_query(query), schema)
    assert [gap.reason for gap in flow.gaps] == [reason]
    assert flow.faults == ()


def test_a_fault_has_the_place_of_the_name_and_what_it_could_have_been():
    (fault,) = column_flow(parse_query("SELECT a,\n       u.prise\nFROM u"), schema).faults
    assert (fault.line, fault.column, fault.name, fault.within) == (2, 10, "prise", "shop.u")
    assert fault.known == ("a", "b", "z")


def test_a_condition_of_very_many_parts_is_read():
    condition = " OR ".join(f"a = {number}" for number in range(3000))
    flow = column_flow(parse_query(f"SELECT {condition} AS x FROM u"), schema)
    assert flow.gaps == ()
    assert {one.column for one in flow.columns[0].value.origins} == {"a"}


NAMES = st.sampled_from(["a", "b", "z", "v", "id", "t.a", "u.b", "r.v", "q.a", "s.f", "k", "nope"])
ITEMS = st.lists(st.tuples(NAMES, st.sampled_from(["", " AS k", " AS a", " AS j"])), min_size=1, max_size=3)
SOURCES = st.sampled_from(
    [
        "u",
        "t",
        "r",
        "t, u",
        "t JOIN u USING (a)",
        "u AS q",
        "(SELECT a, b FROM u) q",
        "u LEFT JOIN r ON u.a = r.id",
        "u NATURAL JOIN t",
    ]
)
TAILS = st.sampled_from(
    ["", " WHERE {} > 1", " GROUP BY ALL HAVING {} > 1", " ORDER BY {}", " WHERE EXISTS (SELECT 1 FROM r WHERE id = {})"]
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(items=ITEMS, source=SOURCES, tail=TAILS, name=NAMES)
def test_a_query_that_duckdb_takes_is_never_called_wrong(database, items, source, tail, name):
    query = f"SELECT {', '.join(column + alias for column, alias in items)} FROM {source}{tail.format(name)}"
    flow = column_flow(parse_query(query), schema)
    try:
        expected = made_by(database, query)
    except duckdb.BinderException:
        return
    assert flow.faults == (), query
    assert [each.name.lower() for each in flow.columns] == [name.lower() for name, _ in expected], query
