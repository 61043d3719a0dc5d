import pytest

from sl_assets.sql.bounds import only_bounds

START, END = "2971-03-05 04:06:07", "2983-07-11 13:17:19"


def is_filter(sql):
    return only_bounds(sql.format(start=START, end=END, day=START[:10], next_day=END[:10]), START, END)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT x FROM t WHERE at >= '{start}' AND at < '{end}'",
        "SELECT x FROM t WHERE '{start}' <= at AND '{end}' > at",
        "SELECT x FROM t WHERE x > 1 AND (at >= '{start}'::timestamp AND at < timestamp '{end}')",
        "SELECT x FROM t WHERE day >= date '{day}' AND day < '{next_day}'::date",
        "WITH w AS (SELECT * FROM t WHERE at >= '{start}' AND at < '{end}') SELECT x, count(*) FROM w GROUP BY x",
        "SELECT x FROM t JOIN u ON t.id = u.id AND u.at >= '{start}' AND u.at < '{end}'",
    ],
)
def test_the_ends_of_a_window_that_only_filter_may_be_those_of_many_windows(sql):
    assert is_filter(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '{start}'::date AS day, x FROM t WHERE at >= '{start}' AND at < '{end}'",
        "SELECT x FROM t WHERE day = '{day}'",
        "SELECT x FROM t WHERE day BETWEEN '{start}' AND '{end}'",
        "SELECT x FROM t WHERE at > '{start}' AND at <= '{end}'",
        "SELECT x FROM t WHERE at >= '{end}' AND at < '{start}'",
        "SELECT x FROM t WHERE NOT at >= '{start}'",
        "SELECT x FROM t WHERE at < '{end}' OR open",
        "SELECT x FROM t WHERE at >= date_trunc('month', timestamp '{start}')",
        "SELECT at >= '{start}' AS new FROM t",
        "SELECT sum(CASE WHEN at >= '{start}' THEN 1 END) FROM t",
        "SELECT x FROM t WHERE part = 'p_{day}'",
    ],
)
def test_any_other_use_of_them_says_something_else_of_many_windows(sql):
    assert not is_filter(sql)
