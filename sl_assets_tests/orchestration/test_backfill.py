import pytest

from sl_assets.orchestration.backfill import PartitionError, read_range
from sl_assets.orchestration.launch import launch_partitions
from sl_assets_tests.orchestration.dagster_project import Silent

pytestmark = pytest.mark.slow

DAYS = [f"2026-01-{day:02}" for day in range(1, 11)]
LOAD = r"""
metadata: {format: JSON}
partitions:
  {grain: daily, start: 2026-01-01, end: 2026-03-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""
PER = """select date_trunc('{unit}', sold_at)::date as {unit}, sum(amount)::bigint as amount from shop.sales
         where sold_at >= '{{{{ sl_start_date }}}}' and sold_at < '{{{{ sl_end_date }}}}' group by 1"""


@pytest.fixture
def sales(shop):
    """Ten days of one sale, the amount is the day; a total per day, per month of the days, and one of all months."""
    shop.table("sales", "id: long!, sold_at: timestamp!, amount: long!", LOAD, pattern=r"sales_\d{8}\.json")
    shop.task("per_day", PER.format(unit="day"), "partitions: {grain: daily, start: 2026-01-01, end: 2026-03-01, column: day}")
    shop.task(
        "per_month", PER.format(unit="month"), "partitions: {grain: monthly, start: 2026-01-01, end: 2026-03-01, column: month}"
    )
    shop.task("total", "select sum(amount)::bigint as amount from kpi.per_month")
    for day in DAYS:
        land(shop, day, int(day[-2:]))
    return shop


def land(shop, day, amount):
    shop.land(f"sales_{day.replace('-', '')}.json", f'{{"id": 1, "sold_at": "{day} 12:00:00", "amount": {amount}}}\n')


def backfill(shop, dagster, selection, first, last=None):
    outcomes = launch_partitions(shop.project(), dagster.defs, dagster.instance, selection, (first, last or first), Silent())
    return {outcome.name: (outcome.state, outcome.partitions) for outcome in outcomes.all}


def refused(shop, dagster, selection, first, last=None):
    with pytest.raises(PartitionError) as error:
        backfill(shop, dagster, selection, first, last)
    return str(error.value)


def days(shop):
    return dict(shop.rows("SELECT day::VARCHAR, amount FROM kpi.per_day ORDER BY day"))


def test_a_range_builds_its_days_and_what_hangs_on_them(sales, dagster):
    states = backfill(sales, dagster, 'key:"shop/sales"+1', "2026-01-02", "2026-01-04")
    assert states == {"shop/sales": ("done", 3), "kpi/per_day": ("done", 3), "kpi/per_month": ("done", 1)}
    assert days(sales) == {"2026-01-02": 2, "2026-01-03": 3, "2026-01-04": 4}


def test_a_whole_chain_goes_from_days_to_months_to_what_has_no_partitions(sales, dagster):
    states = backfill(sales, dagster, 'key:"shop/sales"+', "2026-01-02")
    assert (states["kpi/per_month"], states["kpi/total"]) == (("done", 1), ("done", 0))
    assert sales.rows("SELECT amount FROM kpi.total") == [(2,)]


def test_a_bad_day_takes_down_neither_the_others_nor_what_is_made_of_them(sales, dagster):
    sales.land("sales_20260103.json", "{ nonsense")
    states = backfill(sales, dagster, 'key:"shop/sales"+', DAYS[0], DAYS[-1])
    assert states["shop/sales"] == ("failed", 9)
    assert sorted(days(sales)) == [day for day in DAYS if day != "2026-01-03"]
    assert states["kpi/total"] == ("done", 0)
    assert sales.rows("SELECT amount FROM kpi.total") == [(55 - 3,)]


def test_where_nothing_could_be_built_nothing_that_hangs_on_it_is(sales, dagster):
    sales.land("sales_20260103.json", "{ nonsense")
    states = backfill(sales, dagster, 'key:"shop/sales"+', "2026-01-03")
    assert states == {
        "shop/sales": ("failed", 0),
        "kpi/per_day": ("not run", 0),
        "kpi/per_month": ("not run", 0),
        "kpi/total": ("not run", 0),
    }


def test_partitions_are_built_again_whether_anything_is_new_or_not_and_others_are_left_alone(sales, dagster):
    backfill(sales, dagster, 'key:"shop/sales"+1', DAYS[0], DAYS[-1])
    land(sales, "2026-01-02", 200)
    land(sales, "2026-01-03", 300)
    assert backfill(sales, dagster, 'key:"shop/sales" or key:"kpi/per_day"', "2026-01-02") == {
        "shop/sales": ("done", 1),
        "kpi/per_day": ("done", 1),
    }
    assert [days(sales)[day] for day in DAYS[:3]] == [1, 202, 3]


def test_a_transform_alone_is_built_by_its_own_keys(sales, dagster):
    backfill(sales, dagster, 'key:"shop/sales"', DAYS[0], DAYS[-1])
    assert backfill(sales, dagster, 'key:"kpi/per_month"', "2026-01-01") == {"kpi/per_month": ("done", 1)}
    assert sales.rows("SELECT amount FROM kpi.per_month") == [(55,)]


@pytest.mark.parametrize(
    ("selection", "first", "last", "sentence"),
    [
        ('key:"shop/sales"', "2026-02-29", None, "2026-02-29 is no partition of shop.sales. Did you mean 2026-02-28"),
        (
            'key:"shop/sales"',
            "2025-12-31",
            None,
            "Did you mean 2026-01-01? There are daily ones in UTC, 2026-01-01 to 2026-02-28.",
        ),
        ('key:"shop/sales"', "2026-03-01", None, "Did you mean 2026-02-28?"),
        ('key:"kpi/per_month"', "2026-01-15", None, "Did you mean 2026-01-01? There are monthly ones"),
        ('key:"shop/sales"', "2026-01-04", "2026-01-02", "Hint: write 2026-01-02...2026-01-04."),
        ('key:"kpi/total"', "2026-01-04", None, "has no partitioned asset"),
        (
            'key:"kpi/per_day" or key:"kpi/per_month"',
            "2026-01-01",
            None,
            "different partitions: kpi.per_day is daily in UTC; kpi.per_month is monthly in UTC",
        ),
    ],
)
def test_keys_that_the_selection_does_not_have_are_refused_with_those_it_has(sales, dagster, selection, first, last, sentence):
    assert sentence in refused(sales, dagster, selection, first, last)


@pytest.mark.parametrize("text", ["2026-01-01", "2026-01-01..2026-01-02", "...2026-01-02", "2026-01-01...", "a...b...c"])
def test_a_range_is_two_keys_with_three_dots_between_them(text):
    with pytest.raises(PartitionError, match="is no range"):
        read_range(text)


def test_blanks_around_the_dots_do_not_matter():
    assert read_range("2026-01-01 ... 2026-01-31") == ("2026-01-01", "2026-01-31")
