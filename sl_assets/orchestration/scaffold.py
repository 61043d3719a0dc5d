"""`dg scaffold defs sl_assets.SlProjectComponent`: a `defs.yaml`, and a small project to begin with if it is wished."""

from pathlib import Path

import dagster as dg
from dagster.components.component_scaffolding import scaffold_component
from pydantic import BaseModel, Field

FOLDER = "project"  # of the project, beside defs.yaml

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
    ".gitignore": "datasets/\n.dagster/\n",
}
"""Path -> text: one table with a file that waits for it, and one transform."""


class SlProjectParams(BaseModel):
    """What `dg scaffold defs` can be told."""

    project: str = Field(
        default=FOLDER,
        description="The folder of the project, relative to that of defs.yaml, or as a template such as "
        "'{{ context.project_root }}/starlake'.",
    )
    starter: bool = Field(
        default=False, description="Write a small project into that folder: one table, one transform, one file."
    )


class SlProjectScaffolder(dg.Scaffolder[SlProjectParams]):
    """Writes `defs.yaml`, and with `--starter` a project."""

    @classmethod
    def get_scaffold_params(cls) -> type[SlProjectParams]:
        """What may be given on the command line, or as `--json-params`."""
        return SlProjectParams

    def scaffold(self, request: dg.ScaffoldRequest[SlProjectParams]) -> None:
        """Write the files; of a starter, none that is there already.

        Raises:
            ValueError: A starter is wished for in a folder that is known only when definitions are loaded.
        """
        if request.params.starter:
            _write_starter(_folder(request))
        scaffold_component(request, {"project": request.params.project})


def _folder(request: dg.ScaffoldRequest[SlProjectParams]) -> Path:
    project, root = request.params.project, request.project_root
    if root:
        project = project.replace("{{ context.project_root }}", str(root))
    if "{{" in project:
        raise ValueError(
            f'--starter cannot be written to "{project}": that folder is known only when definitions are loaded. '
            "Hint: give it relative to the folder of defs.yaml, or after {{ context.project_root }}."
        )
    at = request.target_path.parent if request.append else request.target_path  # with append it is that of defs.yaml itself
    return at / project


def _write_starter(folder: Path) -> None:
    for path, text in STARTER.items():
        target = folder / path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
