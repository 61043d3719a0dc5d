"""What a plan foretells against what the run then does, over random states of a shop."""

import os
import random
import zipfile

import dagster as dg
import pytest

from sl_assets.orchestration.foresight import foresee
from sl_assets.orchestration.launch import launch_all
from sl_assets_tests.orchestration.dagster_project import Silent

pytestmark = pytest.mark.slow

DAILY = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})_\d+\.json', format: yyyyMMdd}
"""
PER_DAY = """select cast(sold_at as date) as day, count(*){more} as n from shop.sales
             where sold_at >= '{{{{ sl_start_date }}}}' and sold_at < '{{{{ sl_end_date }}}}' group by 1"""
GATE = "version: 1\ndag:\n  template: dagster\n  filename: gate\n  options: {pre_load_strategy: imported}\n"
GATED = """
version: 1
load:
  metadata: {directory: "{{SL_INCOMING}}/gated", format: DSV, separator: ",", dagRef: gate}
"""
DEPOT = """
version: 1
table:
  name: depot
  pattern: depot.*
  attributes: [{name: id, type: long}]
"""


class Life:
    """A shop to which things happen at random; each `step` is one of them."""

    def __init__(self, shop, dagster, seed):
        self.shop = shop
        self.dagster = dagster
        self.random = random.Random(seed)  # noqa: S311 - the same life again for the same seed
        self.number = 0
        self.label = "string"
        shop.write("config/dags/gate.sl.yml", GATE)
        shop.write("config/load/gated/_config.sl.yml", GATED)
        shop.write("config/load/gated/depot.sl.yml", DEPOT)
        self.goods("string")
        shop.table("prices", "id: long!, price: double", "metadata: {onChangedFile: refuse}", pattern=r"prices\d+\.csv")
        shop.table("notes", "id: long!", "metadata: {ack: ok, onChangedFile: ignore}", pattern=r"notes\d+\.csv")
        shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}_\d+\.json")
        shop.task("labels", "select label, count(*) as n from shop.goods group by label")
        shop.task("top", "select * from kpi.labels order by n desc limit 1")
        shop.task("stock", "select g.id, price from shop.goods g join shop.prices p using (id)")
        shop.task("per_day", PER_DAY.format(more=""), "partitions: {grain: daily, start: 2026-01-01, column: day}")
        shop.task("total", "select sum(n)::bigint as n from kpi.per_day")
        shop.task("depots", "select count(*) as n from gated.depot")

    def goods(self, label):
        extra = "writeStrategy: {type: APPEND}"
        self.shop.table("goods", f"id: long!, label: {label}", f"metadata: {{{extra}}}", pattern=r"goods\d+\.csv")

    def step(self):
        self.number += 1
        happening = self.random.choice(
            [
                self.good_file,
                self.good_file,
                self.price_file,
                self.note_file,
                self.day,
                self.day,
                self.depot_file,
                self.same_file_again,
                self.changed_file,
                self.archive_of_files,
                self.sql,
                self.partitioned_sql,
                self.comment,
                self.upstream_alone,
                self.other_type,
                self.killed_before_the_event,
                self.killed_before_the_event_of_a_partition,
                self.stray_file,
            ]
        )
        happening()
        return happening.__name__

    def good_file(self):
        self.shop.land(f"goods{self.number}.csv", f"id,label\n{self.number},7\n")

    def price_file(self):
        self.shop.land(f"prices{self.number}.csv", f"id,price\n{self.number},1.5\n")

    def note_file(self):
        self.shop.land(f"notes{self.number}.csv", f"id\n{self.number}\n")
        if self.random.random() < 0.7:
            self.shop.land(f"notes{self.number}.ok", "")

    def depot_file(self):
        self.shop.write(f"datasets/incoming/gated/depot{self.number}.csv", f"id\n{self.number}\n")

    def day(self):
        day = self.random.randint(1, 6)
        self.shop.land(
            f"sales_202601{day:02}_{self.number}.json", f'{{"id": {self.number}, "sold_at": "2026-01-{day:02} 12:00:00"}}\n'
        )

    def same_file_again(self):
        archived = self.shop.files("archive")
        for name in self.random.sample(archived, min(2, len(archived))):
            text = (self.shop.root / "datasets/archive/shop" / name).read_text(encoding="utf-8")
            self.shop.land(name, text)

    def changed_file(self):
        for name in [each for each in self.shop.files("archive") if each.startswith(("prices", "notes"))][:1]:
            self.shop.land(
                name, f"id{',price' if name.startswith('prices') else ''}\n9{',2' if name.startswith('prices') else ''}\n"
            )
            if name.startswith("notes"):
                self.shop.land(name.replace(".csv", ".ok"), "")

    def archive_of_files(self):
        path = self.shop.root / f"datasets/incoming/shop/delivery{self.number}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        known = [each for each in self.shop.files("archive") if each.startswith("goods")][:1]
        with zipfile.ZipFile(path, "w") as packed:
            for name in known:
                packed.writestr(name, (self.shop.root / "datasets/archive/shop" / name).read_text(encoding="utf-8"))
            if not known or self.random.random() < 0.5:
                packed.writestr(f"prices{self.number}.csv", f"id,price\n{self.number},3\n")

    def sql(self):
        self.shop.task("labels", f"select label, count(*) as n, {self.number} as version from shop.goods group by label")

    def partitioned_sql(self):
        text = PER_DAY.format(more=f" + 0 * {self.number}")
        self.shop.task("per_day", text, "partitions: {grain: daily, start: 2026-01-01, column: day}")

    def comment(self):
        self.shop.task(
            "total", "select sum(n)::bigint as n from kpi.per_day", f"comment: c{self.number}\nwriteStrategy: {{type: OVERWRITE}}"
        )

    def upstream_alone(self):
        name = self.random.choice(["shop/goods", "shop/prices", "kpi/labels", "shop/sales"])
        self.run(f'key:"{name}"')

    def other_type(self):
        """A type that the warehouse cannot take: loads are refused until it is set back."""
        self.label = "string" if self.label == "long" else "long"
        self.goods(self.label)

    def killed_before_the_event(self):
        self.dagster.instance.wipe_assets([dg.AssetKey(["shop", "prices"])])

    def killed_before_the_event_of_a_partition(self):
        self.dagster.instance.wipe_assets([dg.AssetKey(["shop", "sales"])])

    def stray_file(self):
        self.shop.land(f"other{self.number}.txt", "?")

    def plan(self, selection=None):
        return foresee(self.shop.project(), self.dagster.defs, self.dagster.instance, selection)

    def run(self, selection=None):
        outcomes = launch_all(self.shop.project(), self.dagster.defs, self.dagster.instance, selection, Silent())
        return outcomes.all


def foretold(outlook):
    """Assets that run, those of them that fail, and transforms that wait."""
    runs = {each.name for each in outlook.work}
    fails = {each.name for each in outlook.work if each.state == "fail"}
    waits = {each.name for each in outlook.blocked if each.kind == "transform"}
    return runs, fails, waits


def happened(outcomes):
    told = [each for each in outcomes if not each.name.endswith("/preload")]
    runs = {each.name for each in told if each.state in ("done", "failed")}
    fails = {each.name for each in told if each.state == "failed"}
    waits = {each.name for each in told if each.state == "not run" and each.message}
    return runs, fails, waits


def partitions_foretold(outlook):
    return {each.name: sum(part.count for part in each.partitions) for each in outlook.work if each.partitions}


def partitions_done(outcomes):
    done = {}
    for each in outcomes:
        if each.partitions:
            done[each.name] = done.get(each.name, 0) + each.partitions
    return done


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(int(os.environ.get("FORESIGHT_LIVES", "4"))))
def test_a_run_does_what_the_plan_before_it_says(shop, dagster, seed):
    life = Life(shop, dagster, seed)
    history = []
    for _ in range(4):
        history += [life.step() for _ in range(life.random.randint(0, 5))]
        outlook = life.plan()
        outcomes = life.run()
        assert foretold(outlook) == happened(outcomes), history
        assert partitions_foretold(outlook) == partitions_done(outcomes), history
        history.append("run")


@pytest.mark.slow
@pytest.mark.parametrize(
    "selection", ['key:"shop/goods"', 'key:"shop/import"', 'key:"kpi/labels"', '+key:"kpi/total"', "group:gated"]
)
def test_a_run_of_a_selection_does_what_its_plan_says(shop, dagster, selection):
    life = Life(shop, dagster, 7)
    life.good_file()
    life.number = 1
    life.depot_file()
    life.run()
    life.number = 2
    for happening in (life.good_file, life.price_file, life.day, life.depot_file, life.same_file_again):
        happening()
    assert foretold(life.plan(selection)) == happened(life.run(selection))
