"""What asset checks found, in the records that commands show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg


@dataclass(frozen=True)
class CheckOutcome:
    """What a check found. `sample`: some of the rows that are meant, each as column -> text.

    `kept_out`: those rows are not in the table.
    """

    asset: str
    name: str
    passed: bool
    blocking: bool
    count: int | None
    message: str
    sample: tuple[Mapping[str, Any], ...] = ()
    kept_out: bool = False


def check_outcome(evaluation: dg.AssetCheckEvaluation) -> CheckOutcome:
    """The outcome that an evaluation tells of."""
    count = evaluation.metadata["count"].value
    sample = evaluation.metadata.get("sample")
    return CheckOutcome(
        asset=evaluation.asset_key.to_user_string(),
        name=evaluation.check_name,
        passed=evaluation.passed,
        blocking=evaluation.severity == dg.AssetCheckSeverity.ERROR,
        count=count if isinstance(count, int) else None,
        message="" if evaluation.passed and evaluation.description == "as expected" else evaluation.description or "",
        sample=tuple(record.data for record in sample.records) if isinstance(sample, dg.TableMetadataValue) else (),
        kept_out="action" in evaluation.metadata and evaluation.metadata["action"].value in ("drop", "quarantine"),
    )
