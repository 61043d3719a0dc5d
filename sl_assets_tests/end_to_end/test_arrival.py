"""A file is dropped into the landing folder of a served project: a run follows, and what reads the table follows that."""

import json
import time

import pytest

from sl_assets_tests.ui import api
from sl_assets_tests.ui.server import serve, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ui")]
DAILY = r"""
metadata: {format: JSON}
partitions: {grain: daily, start: 2026-01-01, column: sold_at, file: 'sales_(?<partition>\d{8})\.json', format: yyyyMMdd}
"""
SECONDS = 180


def land(shop, name, text):
    shop.land(name, text, at=time.time() - 60)


def ended(server, trigger, number):
    """The runs of a trigger, once there are so many of them and all are over."""

    def runs():
        found = [run for run in api.runs(server) if run["tags"].get("sl/trigger") == trigger]
        return found if len(found) >= number and all(run["status"] in api.RUN_OVER for run in found) else None

    return wait_for(runs, SECONDS, f"{number} runs of {trigger}")


def test_dropped_files_become_runs_and_what_reads_them_follows(shop):
    shop.table("goods", "id: long!, label: string", pattern=r"goods.*\.csv")
    shop.table("sales", "id: long!, sold_at: timestamp!", DAILY, pattern=r"sales_\d{8}\.json")
    shop.task("labels", "select label, count(*) as n from shop.goods group by label")
    with serve(shop.root) as server:
        land(shop, "goods1.csv", "id,label\n1,a\n2,a\n")
        for day in ("01", "02"):
            land(shop, f"sales_202601{day}.json", json.dumps({"id": 1, "sold_at": f"2026-01-{day} 08:00:00"}))
        found = ended(server, "arrival", 2)
        assert sorted(sorted(run["assets"]) for run in found) == [["shop/goods", "shop/import"], ["shop/sales"]]
        assert {run["status"] for run in found} == {"SUCCESS"}
        assert sorted(each.partition for each in api.materializations(server, "shop/sales")) == ["2026-01-01", "2026-01-02"]
        (follow,) = ended(server, "automation", 1)
        assert follow["assets"] == {"kpi/labels"}
    assert shop.rows("SELECT label, n FROM kpi.labels") == [("a", 2)]
    assert shop.rows("SELECT count(*) FROM shop.sales") == [(2,)]

    stays = shop.root / "datasets/incoming/shop/delivery.zip"
    stays.write_bytes(b"no archive")
    with serve(shop.root) as server:  # the daemon was away: what it did is not done again
        land(shop, "goods2.csv", "id,label\n3,b\n")
        found = ended(server, "arrival", 3)
        time.sleep(40)  # two more looks at the archive that stays
        assert len(ended(server, "arrival", 3)) == 3
        assert ended(server, "automation", 2)
    assert shop.files("incoming") == ["delivery.zip"]
    assert shop.rows("SELECT label, n FROM kpi.labels ORDER BY label") == [("a", 2), ("b", 1)]
