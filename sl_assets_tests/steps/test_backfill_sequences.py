"""Any sequence of arriving files and backfills gives what a naive book-keeper gives, for a load and what is made of it."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.project.windows import window_of_key
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import TransformError
from sl_assets.steps.transform_windows import transform_windows
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.shop import Shop

pytestmark = pytest.mark.slow

DAYS = [f"2026-01-{day:02}" for day in range(1, 7)]
LOAD = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: day, file: 'sales_(?<partition>\d{8})_.*\.json', format: yyyyMMdd}
"""
PER_DAY = """
select day, case when sum(amount) < 0 then cast('negative' as bigint) else sum(amount)::bigint end as amount
from shop.sales where day >= '{{ sl_start_date }}' and day < '{{ sl_end_date }}' group by day
"""

day = st.sampled_from(DAYS)
span = st.tuples(day, day).map(sorted)
steps = st.one_of(
    st.tuples(st.just("land"), day, st.integers(-9, 20)),
    st.tuples(st.just("land"), day, st.none()),  # a file that is no JSON
    st.tuples(st.just("mend"), day),
    st.tuples(st.just("load"), span),
    st.tuples(st.just("build"), span),
)


def between(first, last):
    return [each for each in DAYS if first <= each <= last]


@dataclass
class Books:
    """What has to be there, day by day."""

    waiting: dict = field(default_factory=lambda: {each: [] for each in DAYS})
    loaded: dict = field(default_factory=lambda: {each: [] for each in DAYS})
    sales: dict = field(default_factory=dict)
    per_day: dict = field(default_factory=dict)

    def land(self, day, amount):
        self.waiting[day].append(amount)

    def mend(self, day):
        self.waiting[day] = [amount for amount in self.waiting[day] if amount is not None]

    def load(self, span):
        bad = [each for each in between(*span) if None in self.waiting[each]]
        for each in between(*span):
            if each not in bad:
                self.loaded[each] += self.waiting[each]
                self.waiting[each] = []
                self.sales[each] = sorted(self.loaded[each])
        return bad

    def build(self, span):
        bad = [each for each in between(*span) if sum(self.sales.get(each, [])) < 0]
        for each in between(*span):
            if each not in bad:
                self.per_day[each] = [sum(self.sales[each])] if self.sales.get(each) else []
        return bad


class Real:
    """The same, done by sl-assets."""

    def __init__(self, root):
        self.shop = Shop(root)
        self.shop.table("sales", "day: date!, amount: long!", LOAD, pattern=r"sales_\d{8}_.*\.json")
        self.shop.task("per_day", PER_DAY, "partitions: {grain: daily, start: 2026-01-01, column: day}")
        self.project = self.shop.project()
        self.warehouse = Warehouse.of(self.project.settings)
        self.sales, self.per_day = self.shop.node("shop.sales"), self.shop.node("kpi.per_day")
        self.count = 0
        load(self.project, self.warehouse, self.sales, Run("first"), [window_of_key(self.sales.partitions, "2026-02-01")])

    def land(self, day, amount):
        self.count += 1
        text = "{ nonsense" if amount is None else f'{{"day": "{day}", "amount": {amount}}}\n'
        bad = "_bad" if amount is None else ""
        self.shop.land(f"sales_{day.replace('-', '')}_{self.count}{bad}.json", text)

    def mend(self, day):
        for area in ("incoming", "stage"):
            for path in (self.shop.root / "datasets" / area / "shop").glob(f"sales_{day.replace('-', '')}_*_bad.json"):
                path.unlink()

    def load(self, span):
        windows = [window_of_key(self.sales.partitions, each) for each in between(*span)]
        report = load(self.project, self.warehouse, self.sales, self.run(), windows)
        return [each.key for each in report.partitions if each.failure]

    def build(self, span):
        windows = [window_of_key(self.per_day.partitions, each) for each in between(*span)]
        try:
            report = transform_windows(self.project, self.warehouse, self.per_day, self.run(), windows)
        except TransformError:
            return between(*span)
        return [each.key for each in report.partitions if each.failure]

    def run(self):
        self.count += 1
        return Run(f"r{self.count}")

    def rows(self, table):
        with self.warehouse.reader() as connection:
            if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [table]).fetchall():
                return {}
            schema = "shop" if table == "sales" else "kpi"
            found: dict[str, list[int]] = {}
            for each, amount in connection.execute(f"SELECT day::VARCHAR, amount FROM {schema}.{table} ORDER BY 1, 2").fetchall():
                found.setdefault(each, []).append(amount)
            return found


@settings(max_examples=15, deadline=None)
@given(script=st.lists(steps, min_size=3, max_size=12))
def test_every_sequence_of_files_and_backfills_ends_as_the_books_say(tmp_path_factory, script):
    books, real = Books(), Real(tmp_path_factory.mktemp("books"))
    for verb, *arguments in [*script, ("load", (DAYS[0], DAYS[-1])), ("build", (DAYS[0], DAYS[-1]))]:
        expected = getattr(books, verb)(*arguments)
        assert getattr(real, verb)(*arguments) == expected, verb
        assert real.rows("sales") == {each: rows for each, rows in books.sales.items() if rows}
        assert real.rows("per_day") == {each: rows for each, rows in books.per_day.items() if rows}
