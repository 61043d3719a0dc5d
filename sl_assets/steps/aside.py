"""What a load keeps of its row expectations, in the transaction of its rows: the verdicts, and the rows that were put aside."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from sl_assets.project.columns import column_types
from sl_assets.project.records import Project, Table, Task, WriteStrategy
from sl_assets.project.windows import Window
from sl_assets.sql.text import quote_text
from sl_assets.steps.batch import Batch
from sl_assets.steps.candidates import Candidate
from sl_assets.steps.judge import Judgement
from sl_assets.steps.run import Run
from sl_assets.steps.verdicts import audit_row, reports_of
from sl_assets.validation.row_rules import names_of_bits
from sl_assets.warehouse.duckdb.audit import now, write_expectations
from sl_assets.warehouse.duckdb.quarantine import Aside, keep_quarantine


def keep_judgement(
    project: Project, node: Table | Task, connection: duckdb.DuckDBPyConnection, run: Run, judgement: Judgement | None
) -> None:
    """A row of `audit.expectations` for each rule that was asked. COUNT: the rows that break it; 1 for an aggregate not true."""
    if judgement is None:
        return
    rows = [audit_row(report, run) for report in reports_of(node, judgement.verdicts)]
    write_expectations(connection, project.settings.audit_schema, rows)


def put_aside(
    table: Table,
    connection: duckdb.DuckDBPyConnection,
    batch: Batch,
    files: Sequence[Candidate],
    jobs: Mapping[Path, str],
    strategy: WriteStrategy,
    *,
    windows: Sequence[Window] = (),
    fresh: bool = False,
) -> None:
    """The quarantined rows of a batch; those of before go that the batch replaces, whatever rules there are now."""
    found = batch.judgement is not None and batch.judgement.quarantined != "false"
    if not found and not fresh and not windows and strategy.type == "APPEND":
        return
    grid = (table.partitions.column, windows) if table.partitions and windows else None
    aside = _aside(table, batch, batch.judgement, files, jobs) if batch.judgement and found else None
    keep_quarantine(connection, table.key, strategy, batch.valid, aside, windows=grid, fresh=fresh)


def _aside(table: Table, batch: Batch, judgement: Judgement, files: Sequence[Candidate], jobs: Mapping[Path, str]) -> Aside:
    own = {
        "sl_rules": names_of_bits(judgement.rules),
        "sl_file": _of_file({each.path: each.name for each in files}),
        "sl_hash": _of_file({each.path: each.identity.digest for each in files}),
        "sl_partition": _of_file({each.path: each.partition for each in files}),
        "sl_job": _of_file(jobs),
        "sl_quarantined_at": f"{quote_text(now().isoformat(sep=' '))}::TIMESTAMP",
    }
    return Aside(batch.quarantined, column_types(table.columns), own)


def _of_file(values: Mapping[Path, str | None]) -> str:
    """What is known of the file of a row, as an expression over its `sl_file`."""
    known = [(quote_text(str(path)), quote_text(value)) for path, value in values.items() if value is not None]
    return f"CASE sl_file {' '.join(f'WHEN {path} THEN {value}' for path, value in known)} END" if known else "NULL"
