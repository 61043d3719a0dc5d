"""A small project to begin with: one table with a file that waits for it, one transform, a unit test of it."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from sl_assets.spec.json_schema import write_schemas

SCHEMAS = ".schemas"
"""The folder of JSON Schemas, beside `config`."""

STARTER = {
    "config/application.sl.yml": """\
version: 1
application:
  connectionRef: duckdb
  connections:
    duckdb: {type: jdbc, options: {url: "jdbc:duckdb:{{SL_DATASETS}}/warehouse.duckdb"}}
""",
    "config/load/shop/_config.sl.yml": """\
version: 1
load:
  metadata:
    directory: "{{SL_INCOMING}}/shop" # where the files arrive: datasets/incoming/shop
""",
    "config/load/shop/orders.sl.yml": """\
version: 1
table:
  name: orders
  comment: What customers ordered
  pattern: orders.*\\.csv # of the file names; a regular expression
  primaryKey: [order_id]
  metadata:
    format: DSV
    separator: ","
    writeStrategy: {type: UPSERT_BY_KEY, key: [order_id]}
  attributes:
    - {name: order_id, type: long, required: true}
    - {name: ordered_on, type: date, required: true}
    - {name: amount, type: decimal}
""",
    "config/transform/kpi/revenue.sl.yml": """\
version: 1
task:
  comment: What was taken each day
  writeStrategy: {type: OVERWRITE}
""",
    "config/transform/kpi/revenue.sql": """\
select ordered_on, count(*) as orders, sum(amount) as revenue
from shop.orders
group by ordered_on
""",
    "datasets/incoming/shop/orders_1.csv": """\
order_id,ordered_on,amount
1,2026-11-02,12.50
2,2026-11-02,7.00
3,2026-11-03,31.20
""",
    "config/tests/transform/kpi/revenue/by_day/shop.orders.csv": """\
order_id,ordered_on,amount
1,2026-11-02,12.50
2,2026-11-02,7.00
""",
    "config/tests/transform/kpi/revenue/by_day/_expected.csv": """\
ordered_on,orders,revenue
2026-11-02,2,19.50
""",
    ".gitignore": "datasets/\n.dagster/\n",
}
"""Path -> text: one table with a file that waits for it, one transform, and a unit test of it."""


class NotEmptyError(Exception):
    """A folder that has a project, or files where the starter's would be; the text names them."""


def write_starter(folder: Path) -> None:
    """Write the files of the starter; none that is there already."""
    _write(folder, STARTER)


def start_project(folder: Path) -> tuple[Path, ...]:
    """The same in a folder of its own, with JSON Schemas for editors, which every YAML file names in its first line.

    Returns:
        What was written, relative to the folder, without the schemas.

    Raises:
        NotEmptyError: A project, or a file of these names, is there already. Nothing was written.
        OSError: The folder cannot be written to.
    """
    projects = [folder / name / "application.sl.yml" for name in ("config", "metadata")]
    there = [path for path in (*projects, *(folder / name for name in STARTER)) if path.exists()]
    if there:
        raise NotEmptyError(f"{there[0]} is there already; nothing was written.")
    write_schemas(folder / SCHEMAS)
    _write(folder, {path: _with_schema(path, text) for path, text in STARTER.items()})
    return tuple(Path(path) for path in STARTER)


def _with_schema(path: str, text: str) -> str:
    """The text of a YAML file with the line by which editors find its schema; any other text as it is."""
    if not path.endswith(".sl.yml"):
        return text
    kind = text.split("\n")[1].removesuffix(":")  # the key that the contents are under is the name of the kind
    up = "/".join(".." for _ in PurePosixPath(path).parent.parts)
    return f"# yaml-language-server: $schema={up}/{SCHEMAS}/{kind}.schema.json\n{text}"


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        target = folder / path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
