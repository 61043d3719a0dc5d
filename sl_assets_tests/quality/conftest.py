import pytest

from sl_assets.project.records import Table
from sl_assets.project.windows import window_of_key
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.steps.transform_windows import transform_windows
from sl_assets.warehouse.duckdb.connect import Warehouse


@pytest.fixture
def run(shop):
    """Loads or builds `domain.table`, its partitions where keys are given; gives the report."""
    runs = iter(range(1, 1000))

    def run_it(name, *keys, **options):
        project, node = shop.project(), shop.node(name)
        warehouse, run = Warehouse.of(project.settings), Run(f"r{next(runs)}")
        windows = [window_of_key(node.partitions, key) for key in keys] or None
        if isinstance(node, Table):
            return load(project, warehouse, node, run, windows, **options)
        build = transform_windows if windows else transform
        return build(project, warehouse, node, run, *([windows] if windows else []))

    return run_it
