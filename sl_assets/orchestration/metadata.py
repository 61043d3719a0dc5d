"""Reports as materialization metadata, under the keys Dagster's UI knows."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from sl_assets.orchestration.plot import bar_chart
from sl_assets.steps.reports import Counts, FileExport, FileOutcome, Glance, LoadReport, PartitionOutcome, TransformReport
from sl_assets.warehouse.changes import SchemaChanges

MOST_FILES_SHOWN = 100
LEDGER_RUN = "ledger_run"  # the run that the ledger names for the data an event speaks of

Metadata = Mapping[str, Any]


def load_metadata(report: LoadReport) -> Metadata:
    """What a load did, as a whole."""
    counts = report.counts
    metadata: dict[str, Any] = {
        "dagster/row_count": report.rows,
        LEDGER_RUN: report.last_run or "none",
        "files": len(report.loaded),
        **count_metadata(counts),
        "seconds": round(report.seconds, 3),
    }
    if report.files:
        metadata["file_list"] = file_table(report.files)
    return {**metadata, **glance_metadata(report.glance, "recent_loads"), **change_metadata(report.changes)}


def load_partitions_metadata(report: LoadReport, run: str) -> dict[str, Metadata]:
    """What a load did for each of its partitions that did not fail."""
    files: dict[str | None, list[FileOutcome]] = {}
    for file in report.files:
        files.setdefault(file.partition, []).append(file)
    shown = glance_metadata(report.glance, "recent_partitions")
    return {
        partition.key: {
            "dagster/partition_row_count": partition.counts.accepted,
            LEDGER_RUN: run,
            "files": partition.files,
            **count_metadata(partition.counts),
            "file_list": file_table(files.get(partition.key, [])),
            **shown,
        }
        for partition in report.partitions
        if not partition.failure
    }


def transform_metadata(report: TransformReport) -> Metadata:
    """What a transform did."""
    return {
        "dagster/row_count": report.rows,
        "rows_written": report.written,
        **aside_metadata(report.counts),
        "seconds": round(report.seconds, 3),
        "rendered_sql": dg.MetadataValue.md(f"```sql\n{report.sql}\n```"),
        **glance_metadata(report.glance, "recent_runs"),
        **change_metadata(report.changes),
        **export_metadata(report.exports),
    }


def transform_partition_metadata(report: TransformReport, partition: PartitionOutcome) -> Metadata:
    """What a transform did for one partition."""
    return {
        "dagster/partition_row_count": partition.counts.accepted,
        "rows_written": partition.counts.accepted,
        **aside_metadata(partition.counts),
        **glance_metadata(report.glance, "recent_runs"),
        **export_metadata(report.exports),
    }


def export_metadata(exports: Sequence[FileExport]) -> dict[str, Any]:
    """The files that a transform wrote: path, rows and bytes; several as a table."""
    if len(exports) == 1:
        only = exports[0]
        return {"path": dg.MetadataValue.path(str(only.path)), "file_rows": only.rows, "file_bytes": only.size}
    kinds = {"path": "string", "format": "string", "rows": "int", "bytes": "int"}
    schema = dg.TableSchema(columns=[dg.TableColumn(name, kind) for name, kind in kinds.items()])
    records = [
        dg.TableRecord({"path": str(each.path), "format": each.format, "rows": each.rows, "bytes": each.size}) for each in exports
    ]
    return {"files": dg.MetadataValue.table(records, schema)} if records else {}


def glance_metadata(glance: Glance | None, history: str) -> dict[str, Any]:
    """The first rows as a table, and under the name `history` a bar chart of what was written before."""
    if glance is None:
        return {}
    metadata: dict[str, Any] = {}
    if glance.columns:
        metadata["preview"] = sample_table(glance.columns, glance.rows)
    chart = bar_chart(glance.history, history.replace("_", " "))
    return {**metadata, history: dg.MetadataValue.md(chart)} if chart else metadata


def sample_table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str | None]]) -> dg.TableMetadataValue:
    """Rows as text under their columns (name, type)."""
    schema = dg.TableSchema(columns=[dg.TableColumn(name, kind) for name, kind in columns])
    names = [name for name, _ in columns]
    cells = [["" if cell is None else cell for cell in row] for row in rows]
    return dg.MetadataValue.table([dg.TableRecord(dict(zip(names, row, strict=True))) for row in cells], schema)


def change_metadata(changes: SchemaChanges) -> dict[str, str]:
    """The columns that a table got, and those that were widened."""
    told = {"added_columns": changes.added, "widened_columns": tuple(str(each) for each in changes.widened)}
    return {key: ", ".join(columns) for key, columns in told.items() if columns}


def count_metadata(counts: Counts) -> dict[str, Any]:
    """Rows read = accepted + rejected + quarantined + dropped (the last two where there are any), and the share rejected."""
    rate = counts.rejected / counts.read if counts.read else 0.0
    metadata: dict[str, Any] = {
        "rows_read": counts.read,
        "rows_accepted": counts.accepted,
        "rows_rejected": counts.rejected,
        "reject_rate": round(rate, 6),
    }
    return metadata | aside_metadata(counts)


def aside_metadata(counts: Counts | None) -> dict[str, int]:
    """The rows that row expectations kept out of the table, where there are any."""
    if counts is None:
        return {}
    return {f"rows_{name}": count for name, count in (("quarantined", counts.quarantined), ("dropped", counts.dropped)) if count}


def file_table(files: Sequence[FileOutcome]) -> dg.TableMetadataValue:
    """The files of a load as a table in the UI, the first hundred of them."""
    shown = files[:MOST_FILES_SHOWN]
    records = [
        dg.TableRecord(
            {
                "file": file.name,
                "status": file.status,
                "read": file.counts.read,
                "accepted": file.counts.accepted,
                "rejected": file.counts.rejected,
                "message": file.message,
            }
        )
        for file in shown
    ]
    kinds = {"file": "string", "status": "string", "read": "int", "accepted": "int", "rejected": "int", "message": "string"}
    schema = dg.TableSchema(columns=[dg.TableColumn(name, kind) for name, kind in kinds.items()])
    return dg.MetadataValue.table(records, schema)
