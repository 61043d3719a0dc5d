"""Row expectations of the rows that are about to be written: one pass over them, before anything is.

A unit is what is judged together: a file of a load, a partition, the result of a transform. A rule that is broken by no more rows
than it tolerates holds, and then removes none. Of a row that breaks several rules, quarantine goes before drop.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from sl_assets.project.quality import RowExpectation
from sl_assets.sql.text import quote_names, quote_text
from sl_assets.steps.reports import Sample
from sl_assets.validation.row_rules import BROKEN, aggregate_holds, has_bit, row_rules
from sl_assets.warehouse.duckdb.glimpse import some_rows

WHOLE = ""
"""The unit of what is not told apart."""


@dataclass(frozen=True)
class Judged:
    """Rows to judge: a relation in SQL that has the bits of `with_broken`.

    `columns` are those of the table, `private` those whose values a sample does not show, `samples` is how many rows one has.
    `units`: each with its files (`sl_file`), those without a row too; None: all rows are one unit.
    """

    relation: str
    columns: tuple[str, ...]
    private: tuple[str, ...] = ()
    samples: int = 0
    units: Mapping[str, tuple[str, ...]] | None = None

    @property
    def by_unit(self) -> str:
        """The rows with their unit, `sl_unit`."""
        if self.units is None:
            return f"(SELECT *, {quote_text(WHOLE)} AS sl_unit FROM {self.relation})"
        pairs = [(file, unit) for unit, files in self.units.items() for file in files]
        files, units = (", ".join(quote_text(pair[number]) for pair in pairs) for number in (0, 1))
        known = f"SELECT unnest([{files}]::VARCHAR[]) AS sl_file, unnest([{units}]::VARCHAR[]) AS sl_unit"
        return f"(SELECT * FROM {self.relation} JOIN ({known}) USING (sl_file))"


@dataclass(frozen=True)
class Verdict:
    """One rule over one unit. `failures`: the rows that break it; None: an aggregate that is not true."""

    rule: RowExpectation
    unit: str
    rows: int
    failures: int | None
    holds: bool
    sample: Sample | None = None

    @property
    def refuses(self) -> bool:
        """Whether nothing of its unit may be written."""
        return self.rule.action == "fail" and not self.holds

    @property
    def fact(self) -> str:
        """What was found, in words; empty when nothing was."""
        if self.failures is None:
            return "" if self.holds else f"{_shortened(self.rule.sql)} is not true of {self.rows} rows"
        if not self.failures:
            return "there are no rows" if not self.holds else ""
        return f"{self.failures} of {self.rows} rows break it{', which is tolerated' if self.holds else ''}"


@dataclass(frozen=True)
class Judgement:
    """The verdicts, and where each row goes, as conditions in SQL over its bits and its file. Every row meets exactly one."""

    rules: tuple[RowExpectation, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    quarantined: str = "false"
    dropped: str = "false"

    @property
    def accepted(self) -> str:
        """The rows to write."""
        return f"NOT ({self.quarantined}) AND NOT ({self.dropped})"

    @property
    def removes(self) -> bool:
        """Whether any row is kept out of the table."""
        return self.quarantined != "false" or self.dropped != "false"

    def refusal(self, unit: str = WHOLE) -> str:
        """Why nothing of a unit may be written, in one sentence; empty when it may be."""
        return next((refusal_of(each) for each in self.verdicts if each.unit == unit and each.refuses), "")


def refusal_of(verdict: Verdict) -> str:
    """A broken rule as the reason why nothing was written."""
    return f"expectation {verdict.rule.name}: {verdict.fact}, and its action is fail; nothing was written."


def judge(connection: duckdb.DuckDBPyConnection, rules: Sequence[RowExpectation], rows: Judged) -> Judgement:
    """Ask the rules of a table, all in one pass. Nothing is written.

    Args:
        connection: Has the rows.
        rules: All row expectations of the table, aggregates too.
        rows: The rows.
    """
    singles = row_rules(rules)
    aggregates = [rule for rule in rules if rule.aggregate]
    columns = [
        "sl_unit",
        "count(*)",
        *(f"count(*) FILTER ({has_bit(number)})" for number in range(len(singles))),
        *(aggregate_holds(rule) for rule in aggregates),
    ]
    found = connection.execute(f"SELECT {', '.join(columns)} FROM {rows.by_unit} GROUP BY sl_unit").fetchall()
    by_unit = {str(unit): (int(total), answers) for unit, total, *answers in found}
    units = (WHOLE,) if rows.units is None else tuple(rows.units)
    nothing = _of_nothing(connection, singles, aggregates, rows) if set(units) - by_unit.keys() else []
    verdicts: list[Verdict] = []
    for unit in units:
        total, answers = by_unit.get(unit, (0, nothing))
        verdicts += [_of_rows(rule, unit, total, int(answers[number])) for number, rule in enumerate(singles)]
        verdicts += [
            _of_all(rule, unit, total, holds=bool(answers[len(singles) + number])) for number, rule in enumerate(aggregates)
        ]
    sampled = _with_samples(connection, singles, verdicts, rows) if rows.samples else verdicts
    return _with_fates(singles, rows, Judgement(tuple(rules), tuple(sampled)))


def removed_by_file(connection: duckdb.DuckDBPyConnection, relation: str, judgement: Judgement) -> dict[str, tuple[int, int]]:
    """File -> how many of its rows go to quarantine, and how many are dropped."""
    if not judgement.removes:
        return {}
    found = connection.execute(
        f"SELECT sl_file, count(*) FILTER ({judgement.quarantined}), count(*) FILTER ({judgement.dropped}) "
        f"FROM {relation} GROUP BY sl_file"
    ).fetchall()
    return {file: (int(quarantined), int(dropped)) for file, quarantined, dropped in found}


def _with_samples(
    connection: duckdb.DuckDBPyConnection, singles: Sequence[RowExpectation], verdicts: Sequence[Verdict], rows: Judged
) -> list[Verdict]:
    """Some of the rows that break each rule, told once for all units."""
    samples: dict[str, Sample] = {}
    for number, rule in enumerate(singles):
        if any(each.rule is rule and each.failures for each in verdicts):
            select = f"SELECT {quote_names(rows.columns)} FROM {rows.relation} WHERE {has_bit(number)}"
            samples[rule.name] = Sample(*some_rows(connection, select, rows.samples, rows.private))
    return [replace(each, sample=samples.get(each.rule.name)) if each.failures else each for each in verdicts]


def _of_nothing(
    connection: duckdb.DuckDBPyConnection, singles: Sequence[RowExpectation], aggregates: Sequence[RowExpectation], rows: Judged
) -> list[object]:
    """What the rules say where there is no row."""
    answers: list[object] = [0 for _ in singles]
    if aggregates:
        holds = ", ".join(aggregate_holds(rule) for rule in aggregates)
        row = connection.execute(f"SELECT {holds} FROM {rows.relation} WHERE false").fetchone()
        answers += list(row or ())
    return answers


def _of_rows(rule: RowExpectation, unit: str, total: int, failures: int) -> Verdict:
    if not total and rule.empty_passes is not None:
        return Verdict(rule, unit, 0, 0, rule.empty_passes)
    most = rule.tolerance.count if rule.tolerance.rate is None else rule.tolerance.rate * total
    return Verdict(rule, unit, total, failures, failures <= most)


def _of_all(rule: RowExpectation, unit: str, total: int, *, holds: bool) -> Verdict:
    if not total and rule.empty_passes is not None:
        holds = rule.empty_passes
    return Verdict(rule, unit, total, None, holds)


def _with_fates(singles: Sequence[RowExpectation], rows: Judged, judgement: Judgement) -> Judgement:
    """Which bits remove a row, unit by unit: a rule that holds removes none."""
    bits = {rule.name: 1 << number for number, rule in enumerate(singles)}
    masks: dict[str, dict[str, int]] = {"quarantine": {}, "drop": {}}
    for each in judgement.verdicts:
        for action, of_unit in masks.items():
            mine = bits[each.rule.name] if each.rule.action == action and each.failures and not each.holds else 0
            of_unit[each.unit] = of_unit.get(each.unit, 0) | mine
    quarantined, dropped = (_fate(rows, of_unit) for of_unit in masks.values())
    if quarantined != "false" and dropped != "false":
        dropped = f"{dropped} AND NOT ({quarantined})"
    return replace(judgement, quarantined=quarantined, dropped=dropped)


def _fate(rows: Judged, masks: Mapping[str, int]) -> str:
    """A condition in SQL: a row breaks a rule that removes rows of its unit."""
    usual, _ = Counter(masks.values()).most_common(1)[0] if masks else (0, 0)
    cases = "".join(
        f" WHEN {quote_text(file)} THEN {mask}::BIGINT"
        for unit, mask in masks.items()
        if mask != usual
        for file in (rows.units or {}).get(unit, ())
    )
    if cases:
        return f"({BROKEN} & CASE sl_file{cases} ELSE {usual}::BIGINT END) <> 0"
    return f"({BROKEN} & {usual}) <> 0" if usual else "false"


def _shortened(sql: str, most: int = 80) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
