"""Words that other engines have too, and mean differently: each gives in DuckDB what it gives there."""

from datetime import timedelta

import duckdb
import pytest

from sl_assets.sql.parse import parse_query
from sl_assets.sql.resolve import qualify

CASES = [
    ("spark", "substring('abcd', 0, 3)", "abc"),
    ("bigquery", "substr('abcd', 0, 3)", "abc"),
    ("snowflake", "substr('abcd', 0, 3)", "abc"),
    ("redshift", "substring('abcd', 0, 3)", "ab"),
    ("spark", "substring('abcd', 2, 3)", "bcd"),
    ("spark", "dayofweek('2024-05-05')", 1),
    ("databricks", "dayofweek(to_date(substring('2024-05-06 10:00', 0, 10)))", 2),
    ("bigquery", "extract(dayofweek from date '2024-05-05')", 1),
    ("mysql", "dayofweek('2024-05-05')", 1),
    ("postgres", "extract(dow from date '2024-05-05')", 0),
    ("snowflake", "dayofweek(date '2024-05-05')", 0),
    ("spark", "weekday('2024-05-05')", 6),
    ("spark", "cast(trunc(date '2024-05-06', 'MM') as string)", "2024-05-01"),
    ("spark", "date_format(trunc(date '2024-05-06', 'yy'), 'yyyy-MM-dd')", "2024-01-01"),
    ("bigquery", "format('%05d %s', 3, 'a')", "00003 a"),
    ("spark", "format_string('%d', 3)", "3"),
    ("redshift", "regexp_replace('a-b-c', '-', '')", "abc"),
    ("postgres", "regexp_replace('a-b-c', '-', '')", "ab-c"),
    ("snowflake", "to_char(date '2024-05-06', 'YYYY-MM')", "2024-05"),
    ("snowflake", "to_varchar(timestamp '2024-05-06 07:08:09', 'DD/MM/YYYY HH24:MI:SS')", "06/05/2024 07:08:09"),
    ("snowflake", "to_varchar(12)", "12"),
    *[(dialect, "7 / 2", 3) for dialect in ("postgres", "redshift", "trino", "tsql")],
    *[(dialect, "7 / 2", 3.5) for dialect in ("spark", "bigquery", "snowflake", "mysql")],
    ("postgres", "-7 / 2 * 2", -6),
    ("postgres", "7 / 2.0", 3.5),
    ("postgres", "(7 / 2) / 2", 1),
    ("postgres", "7::float / 2", 3.5),
    ("postgres", "7 / 2::numeric", 3.5),
    ("postgres", "extract(year from date '2025-05-05') / 2", 1012.5),
    ("postgres", "floor(7) / 2", 3.5),
    ("postgres", "(date '2025-05-08' - date '2025-05-05') / 2", 1),
    ("postgres", "interval '2 days' / 2", timedelta(days=1)),
    ("redshift", "extract(year from date '2025-05-05') / 2", 1012),
    ("redshift", "cast('7' as int) / 2", 3),
]


@pytest.mark.parametrize(("dialect", "expression", "value"), CASES)
def test_a_word_gives_what_it_gives_in_its_own_engine(dialect: str, expression: str, value: object) -> None:
    sql = qualify(parse_query(f"SELECT {expression}", dialect), lambda _: None)
    assert duckdb.sql(sql).fetchall() == [(value,)]


@pytest.mark.parametrize(
    ("dialect", "sql", "value"),
    [
        (
            "redshift",
            "SELECT listagg(distinct a, '/') within group (order by a) FROM (VALUES ('y'), ('x'), ('x')) AS t(a)",
            "x/y",
        ),
        ("bigquery", "SELECT array_agg(a ORDER BY a DESC LIMIT 1)[OFFSET(0)] FROM unnest([1, 3, 2]) AS a", 3),
        ("bigquery", "SELECT array_agg(a ORDER BY a LIMIT 2) FROM unnest([1, 3, 2]) AS a", [1, 2]),
        ("postgres", "SELECT sum(a) / 2 FROM (VALUES (1::int), (2::int)) AS t(a)", 1),
        ("postgres", "SELECT sum(a) / 2 FROM (VALUES (1::bigint), (2::bigint)) AS t(a)", 1.5),
        (
            "redshift",
            "SELECT (1 + sum(distinct a)) / count(*) FROM (VALUES (1::bigint), (2), (2)) AS t(a)",
            4 / 3,
        ),
        ("postgres", "SELECT sum(a)::int / 2 FROM (VALUES (1::bigint), (2::bigint)) AS t(a)", 1),
        ("postgres", "SELECT sum(a) filter (where a > 1) / 4 FROM (VALUES (1::bigint), (2::bigint)) AS t(a)", 0.5),
        ("postgres", "SELECT sum(a) over () / 2 FROM (VALUES (1::bigint), (2::bigint)) AS t(a) LIMIT 1", 1.5),
        ("postgres", "SELECT sum(a) over (partition by b) / 2 FROM (VALUES (3::int, 1)) AS t(a, b)", 1),
        ("postgres", "SELECT count(*) / nullif(sum(a), 0) FROM (VALUES (2::bigint)) AS t(a)", 0.5),
        ("postgres", "SELECT avg(a) / 2 FROM (VALUES (1), (2)) AS t(a)", 0.75),
        ("postgres", "SELECT count(*) / 2 FROM (VALUES (1), (2), (3)) AS t(a)", 1),
        ("trino", "SELECT sum(a) / 2 FROM (VALUES (1), (2)) AS t(a)", 1),
        ("spark", "SELECT percentile(a, 0.5) FROM (VALUES (1), (2)) AS t(a)", 1.5),
    ],
)
def test_an_aggregate_gives_what_it_gives_in_its_own_engine(dialect: str, sql: str, value: object) -> None:
    assert duckdb.sql(qualify(parse_query(sql, dialect), lambda _: None)).fetchall() == [(value,)]
