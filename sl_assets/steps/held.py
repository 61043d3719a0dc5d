"""The result of a task that has row expectations: held, judged, and only then written."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from sl_assets.project.records import Project, Settings, Task
from sl_assets.sql.text import quote_names, quote_text
from sl_assets.steps.aside import keep_judgement
from sl_assets.steps.failing_line import failing_line
from sl_assets.steps.judge import Judged, Judgement, judge
from sl_assets.steps.reports import Counts
from sl_assets.steps.run import Run
from sl_assets.validation.row_rules import names_of_bits, rule_at, with_broken
from sl_assets.warehouse.duckdb.audit import now
from sl_assets.warehouse.duckdb.catalog import relation_columns
from sl_assets.warehouse.duckdb.quarantine import Aside
from sl_assets.warehouse.errors import StatementError, WarehouseError, unwritten

HELD = "sl_held"


class RuleBrokenError(WarehouseError):
    """A row expectation whose action is `fail` is broken; nothing was written."""

    def __init__(self, text: str, judgement: Judgement) -> None:
        super().__init__(text)
        self.judgement = judgement


@dataclass(frozen=True)
class Held:
    """The rows a task's SQL gave, in a temporary table, with what its row expectations say of them."""

    columns: Mapping[str, str]
    judgement: Judgement
    counts: Counts

    @property
    def accepted(self) -> str:
        """The SELECT of the rows to write."""
        return self._select(self.judgement.accepted)

    @property
    def quarantined(self) -> str:
        """The SELECT of the rows to put aside."""
        return self._select(self.judgement.quarantined)

    @property
    def dropped(self) -> str:
        """The SELECT of the rows that go nowhere."""
        return self._select(self.judgement.dropped)

    def aside(self, task: Task, run: Run, partition: str | None = None) -> Aside | None:
        """The rows to put aside with what is known of them; None where there are none."""
        if self.judgement.quarantined == "false":
            return None
        own = {
            "sl_rules": names_of_bits(self.judgement.rules),
            "sl_partition": "NULL" if partition is None else quote_text(partition),
            "sl_job": quote_text(f"{task.key}-{run.id}"),
            "sl_quarantined_at": f"{quote_text(now().isoformat(sep=' '))}::TIMESTAMP",
        }
        return Aside(f"(SELECT * FROM {HELD} WHERE {self.judgement.quarantined})", self.columns, own)

    def _select(self, condition: str) -> str:
        return f"SELECT {quote_names(self.columns)} FROM {HELD} WHERE {condition}"


def hold_judged(connection: duckdb.DuckDBPyConnection, settings: Settings, task: Task, sql: str) -> Held:
    """Run a task's SQL into a temporary table and ask its row expectations. Nothing is written.

    Raises:
        RuleBrokenError: A rule whose action is `fail` is broken.
        StatementError: The SQL of a rule failed.
    """
    rules = task.row_expectations
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {HELD} AS {with_broken(sql, rules)}")
    except duckdb.Error as error:
        rule = rule_at(sql, rules, failing_line(str(error)) or 0)
        if rule is None:
            raise
        raise StatementError(rule.place, unwritten(f"expectation {rule.name}: {error}")) from error
    columns = relation_columns(connection, f"SELECT * EXCLUDE (sl_broken) FROM {HELD}")
    try:
        judgement = judge(connection, rules, Judged(HELD, tuple(columns), samples=settings.preview_rows))
    except duckdb.Error as error:  # each row was asked its own rules before
        names = " or ".join(rule.name for rule in rules if rule.aggregate)
        place = next((rule.place for rule in rules if rule.aggregate), task.place)
        raise StatementError(place, unwritten(f"expectation {names}: {error}")) from error
    reason = judgement.refusal()
    if reason:
        raise RuleBrokenError(f"{task.key}: {reason}", judgement)
    row = connection.execute(
        f"SELECT count(*), count(*) FILTER ({judgement.quarantined}), count(*) FILTER ({judgement.dropped}) FROM {HELD}"
    ).fetchone()
    total, quarantined, dropped = (int(each) for each in row or (0, 0, 0))
    return Held(columns, judgement, Counts(total, total, 0).without(quarantined, dropped))


def record_broken(connection: duckdb.DuckDBPyConnection, project: Project, task: Task, run: Run, error: Exception) -> None:
    """The verdicts of a transform that a rule has stopped, in the transaction that records the failure."""
    if isinstance(error, RuleBrokenError):
        keep_judgement(project, task, connection, run, error.judgement)
