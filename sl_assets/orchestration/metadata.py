"""Reports as materialization metadata, under the keys Dagster's UI knows."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from sl_assets.steps.reports import Counts, FileOutcome, LoadReport, PartitionOutcome, TransformReport
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
    return {**metadata, **change_metadata(report.changes)}


def load_partition_metadata(report: LoadReport, partition: PartitionOutcome, run: str) -> Metadata:
    """What a load did for one partition."""
    mine = [file for file in report.files if file.partition == partition.key]
    return {
        "dagster/partition_row_count": partition.counts.accepted,
        LEDGER_RUN: run,
        "files": partition.files,
        **count_metadata(partition.counts),
        "file_list": file_table(mine),
    }


def transform_metadata(report: TransformReport) -> Metadata:
    """What a transform did."""
    return {
        "dagster/row_count": report.rows,
        "rows_written": report.written,
        "seconds": round(report.seconds, 3),
        "rendered_sql": dg.MetadataValue.md(f"```sql\n{report.sql}\n```"),
        **change_metadata(report.changes),
    }


def transform_partition_metadata(partition: PartitionOutcome) -> Metadata:
    """What a transform did for one partition."""
    return {"dagster/partition_row_count": partition.counts.accepted, "rows_written": partition.counts.accepted}


def change_metadata(changes: SchemaChanges) -> dict[str, str]:
    """The columns that a table got, and those that were widened."""
    told = {"added_columns": changes.added, "widened_columns": tuple(str(each) for each in changes.widened)}
    return {key: ", ".join(columns) for key, columns in told.items() if columns}


def count_metadata(counts: Counts) -> dict[str, Any]:
    """Rows read = accepted + rejected, and the share that was rejected."""
    rate = counts.rejected / counts.read if counts.read else 0.0
    return {
        "rows_read": counts.read,
        "rows_accepted": counts.accepted,
        "rows_rejected": counts.rejected,
        "reject_rate": round(rate, 6),
    }


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
