"""What keeps files from being loaded: Starlake's rejectAllOnError and rejectMaxRecords, rejectMaxRate, and row expectations."""

from collections.abc import Sequence

from sl_assets.project.records import Table
from sl_assets.steps.batch import Batch
from sl_assets.steps.candidates import Candidate
from sl_assets.steps.reports import Counts


def refusal(table: Table, batch: Batch, group: Sequence[Candidate]) -> str:
    """Why files must not be loaded, in one sentence; empty when they may be."""
    counts = sum((batch[each.path] for each in group), Counts())
    rejected, limits = counts.rejected, table.limits
    fact = f"{rejected} of {counts.read} rows rejected"
    if limits.none_at_all and rejected:
        return f"{fact}, and rejectAllOnError is set; nothing was written."
    if limits.max_records is not None and rejected > limits.max_records:
        return f"{fact}, more than rejectMaxRecords ({limits.max_records}); nothing was written."
    if limits.max_rate is not None and rejected > limits.max_rate * counts.read:
        return f"{fact}, more than rejectMaxRate ({limits.max_rate:g}); nothing was written."
    return batch.refusal(group)
