import pytest

from sl_assets.sql.names import references
from sl_assets.sql.parse import parse_query


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("SELECT * FROM a, s.b JOIN c USING (id)", ["a", "s.b", "c"]),
        ("WITH c AS (SELECT * FROM a) SELECT * FROM C", ["a"]),
        ("WITH a AS (SELECT * FROM a) SELECT * FROM a", ["a"]),
        ("WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b", ["b"]),
        ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r, q", ["q"]),
        ("WITH c AS (SELECT 1) SELECT * FROM s.c", ["s.c"]),
        ("SELECT (SELECT max(x) FROM a) FROM b WHERE EXISTS (WITH d AS (SELECT * FROM e) FROM d)", ["a", "b", "e"]),
        ("SELECT * FROM (WITH c AS (SELECT 1) SELECT * FROM c) JOIN c ON true", ["c"]),
        ("SELECT * FROM read_csv('x.csv'), range(3), 'y.parquet', unnest([1])", []),
        ("SELECT * FROM a UNION SELECT * FROM b EXCEPT SELECT * FROM c", ["a", "b", "c"]),
        ("SELECT d.s.t.x FROM d.s.t", ["d.s.t"]),
        ("PIVOT a ON b USING sum(c)", ["a"]),
    ],
)
def test_the_tables_a_query_reads(text: str, tables: list[str]) -> None:
    assert [one.written for one in references(parse_query(text))] == tables


def test_a_reference_knows_its_position_in_the_text() -> None:
    found = references(parse_query('SELECT *\nFROM s.orders\n  JOIN "S"."t" USING (id)'))
    assert [(one.line, one.column) for one in found] == [(2, 6), (3, 8)]


def test_walking_through_an_array_is_no_table() -> None:
    assert [one.written for one in references(parse_query("SELECT * FROM s.orders o, o.lines", "bigquery"))] == ["s.orders"]
