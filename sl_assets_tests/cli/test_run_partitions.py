import pytest

from sl_assets_tests.orchestration.test_backfill import DAYS, LOAD, PER, land

pytestmark = pytest.mark.slow


@pytest.fixture
def sales(shop):
    shop.table("sales", "id: long!, sold_at: timestamp!, amount: long!", LOAD, pattern=r"sales_\d{8}\.json")
    shop.task("per_day", PER.format(unit="day"), "partitions: {grain: daily, start: 2026-01-01, end: 2026-03-01, column: day}")
    for day in DAYS:
        land(shop, day, int(day[-2:]))
    return shop


def per_day(shop):
    return shop.rows("SELECT day::VARCHAR, amount FROM kpi.per_day ORDER BY day")


def test_a_range_and_then_one_of_it(sales, invoke):
    result = invoke("run", 'key:"shop/sales"+', "--partitions", "2026-01-02...2026-01-04")
    assert result.exit_code == 0, result.output
    assert per_day(sales) == [(DAYS[n], n + 1) for n in (1, 2, 3)]
    land(sales, "2026-01-03", 100)
    land(sales, "2026-01-04", 100)
    assert invoke("run", 'key:"shop/sales"+', "--partition", "2026-01-03").exit_code == 0
    assert per_day(sales) == [("2026-01-02", 2), ("2026-01-03", 103), ("2026-01-04", 4)]


def test_a_bad_day_makes_the_command_fail_and_its_neighbours_are_built(sales, invoke):
    sales.land("sales_20260103.json", "{ nonsense")
    result = invoke("run", 'key:"shop/sales"+', "--partitions", "2026-01-02...2026-01-04")
    assert result.exit_code == 1
    assert "shop/sales failed: partition 2026-01-03" in result.output
    assert [day for day, _ in per_day(sales)] == ["2026-01-02", "2026-01-04"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--partition", "2026-01-01"], "--partition needs a SELECTION"),
        (["*", "--reload", "--partitions", "2026-01-01...2026-01-02"], "Leave one of them out"),
        (["*", "--partition", "2026-01-01", "--partitions", "2026-01-01...2026-01-02"], "exclude each other"),
        (["*", "--partitions", "2026-01-01"], "Hint: write the first and the last key, such as 2026-01-01...2026-01-31."),
        (["*", "--partition", "2026-03-05"], "2026-03-05 is no partition of shop.sales. Did you mean 2026-02-28?"),
        (["*", "--partition", "yesterday"], "There are daily ones in UTC, 2026-01-01 to 2026-02-28."),
    ],
)
def test_partitions_that_cannot_be_built_are_a_mistake_of_the_command_line(sales, invoke, arguments, sentence):
    result = invoke("run", *arguments)
    assert (result.exit_code, sentence in result.output) == (2, True), result.output


def test_files_for_partitions_that_do_not_exist_are_told_and_the_others_are_loaded(sales, invoke):
    land(sales, "2025-12-31", 1)
    result = invoke("run")
    assert result.exit_code == 0, result.output
    assert "waits for shop.sales, and its name says 2025-12-31, and the partitions begin with 2026-01-01." in result.output
    assert len(per_day(sales)) == len(DAYS)
