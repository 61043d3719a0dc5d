"""The round trip: files, the YAML proposed for them, the same files loaded by it, what is in the table then."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sl_assets.project.records import Project, Table, TableKey
from sl_assets.steps.infer.propose import Proposal, Request, propose
from sl_assets.steps.infer.save import save
from sl_assets.steps.load import load
from sl_assets.steps.reports import LoadReport
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.shop import Shop


@dataclass(frozen=True)
class Trip:
    proposal: Proposal
    report: LoadReport
    project: Project
    table: Table
    columns: list[str]
    rows: list[tuple[Any, ...]]

    @property
    def types(self) -> dict[str, str]:
        return {each.name: each.type.name + ("[]" if each.array else "") for each in self.table.attributes}

    @property
    def yaml(self) -> str:
        return next(text for path, text in self.proposal.changes.items() if path.name == f"{self.table.key.name}.sl.yml")

    @property
    def values(self) -> dict[str, list[Any]]:
        return {name: [row[number] for row in self.rows] for number, name in enumerate(self.columns)}


def trip(shop: Shop, contents: dict[str, str | bytes], **wishes: Any) -> Trip:
    """Land files in `shop`, infer the table `things` of them, load them; nothing may be refused."""
    landing = shop.root / "datasets/incoming/shop"
    landing.mkdir(parents=True, exist_ok=True)
    files = tuple(landing / name for name in contents)
    for number, (file, content) in enumerate(zip(files, contents.values(), strict=True)):
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(file, (1_700_000_000 + number, 1_700_000_000 + number))
    return load_files(shop, files, **wishes)


def load_files(shop: Shop, files: tuple[Path, ...], **wishes: Any) -> Trip:
    key = TableKey("shop", "things")
    before = shop.project()
    proposal = propose(Request(files, key, **wishes), before)
    assert not proposal.problems, "\n".join(str(each) for each in proposal.problems)
    save(before.metadata, proposal.changes)
    project = shop.project()
    table = project.tables[key]
    warehouse = Warehouse.of(project.settings)
    report = load(project, warehouse, table, Run("trip"))
    assert [each.message for each in report.files if each.status != "loaded"] == []
    assert report.counts.rejected == 0, shop.rows("SELECT ERROR, RECORD FROM audit.rejected")
    with warehouse.reader() as connection:
        found = connection.execute("SELECT * FROM shop.things ORDER BY rowid")
        columns = [each[0] for each in found.description]
        rows = found.fetchall()
    return Trip(proposal, report, project, table, columns, rows)
