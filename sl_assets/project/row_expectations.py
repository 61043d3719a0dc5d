"""Row expectations, our extension of `expectations`: rules for the rows on their way into a table."""

import re
from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from sl_assets.project.flows import ColumnLineage
from sl_assets.project.quality import RowExpectation, Tolerance
from sl_assets.project.records import QUARANTINE_COLUMNS, Table, TableKey, Task
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.read import Source
from sl_assets.spec.table import ExpectationSpec, ToleranceSpec
from sl_assets.sql.parse import SqlError, parse_query

MOST_RULES = 62
"""Row expectations of one table: which of them a row breaks is kept in the bits of one number."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_RULES = ("name", "action", "tolerance", "nulls", "empty")
_ALONE = (exp.Subquery, exp.Select, exp.Window)


def read_row_expectations(
    specs: Iterable[tuple[ExpectationSpec, Source]],
    findings: Findings,
    *,
    columns: Sequence[str] | None = None,
    without: str = "",
) -> tuple[RowExpectation, ...]:
    """The row expectations of a table or task, checked (SL227, SL228).

    Args:
        specs: All its expectations, each with where it is written.
        findings: Takes what is wrong.
        columns: The table's columns, where they are known.
        without: What it is, when it has no rows on their way that anybody could ask: a view.
    """
    found: dict[str, RowExpectation] = {}
    for spec, source in specs:
        rule = _read(spec, source, findings)
        if rule is None:
            continue
        if without:
            hint = "Use expect, which asks what is there afterwards."
            findings.error("SL227", source.place(), source.subject(), f"{without} has no incoming rows.", hint)
        first = found.setdefault(rule.name.casefold(), rule)
        if first is not rule:
            fact = f'"{rule.name}" is the name of {first.place} too.'
            findings.error("SL227", source.place("name"), source.subject("name"), fact, "Quarantined rows tell rules by name.")
        if columns is not None:
            _check_columns(rule, source.subject("aggregate" if rule.aggregate else "row"), columns, findings)
    rules = tuple(found.values())
    if len([rule for rule in rules if not rule.aggregate]) > MOST_RULES:
        last = rules[-1]
        findings.error("SL227", last.place, last.name, f"a table can have {MOST_RULES} row expectations.", "Join some by AND.")
    return rules


def _read(spec: ExpectationSpec, source: Source, findings: Findings) -> RowExpectation | None:
    kinds = [
        key for key, value in (("expect", spec.expect), ("row", spec.row), ("aggregate", spec.aggregate)) if value is not None
    ]
    if len(kinds) != 1:
        if kinds or not _was_wrong(source):
            fact = f"{' and '.join(kinds)} exclude each other." if kinds else "says nothing to expect."
            findings.error("SL227", source.place(), source.subject(), fact, allowed(["expect", "row", "aggregate"]))
        return None
    if spec.expect is not None:
        for key in _OF_RULES:
            if key in spec.model_fields_set:
                findings.error("SL227", source.place(key), source.subject(key), "goes with row or aggregate, not with expect.")
        return None
    return _rule(spec, source, findings)


def _was_wrong(source: Source) -> bool:
    """Whether one of the keys is written, with a value that was told to be wrong already."""
    return any(source.has(key) for key in ("expect", "row", "aggregate"))


def _rule(spec: ExpectationSpec, source: Source, findings: Findings) -> RowExpectation | None:
    aggregate = spec.aggregate is not None
    key = "aggregate" if aggregate else "row"
    sql = (spec.aggregate if aggregate else spec.row) or ""
    if spec.name is None:
        findings.error(
            "SL106", source.place(), source.subject("name"), "is missing.", "Results and quarantined rows are told by it."
        )
    elif not _NAME.fullmatch(spec.name):
        hint = "Write letters, digits and underscores, no digit first."
        findings.error("SL227", source.place("name"), source.subject("name"), f'"{spec.name}" is no name for a rule.', hint)
    if "fail_on_error" in spec.model_fields_set:
        hint = "action: fail stops what is below; action: warn does not."
        findings.error(
            "SL227", source.place("failOnError"), source.subject("failOnError"), f"goes with expect, not with {key}.", hint
        )
    if aggregate and spec.action in ("drop", "quarantine"):
        fact = f"an aggregate cannot {spec.action} rows: it is about all of them together."
        findings.error("SL227", source.place("action"), source.subject("action"), fact, "Allowed: warn, fail.")
    tolerance = _tolerance(spec.tolerance, source.below("tolerance"), findings, aggregate=aggregate)
    _check_sql(sql, source, key, findings)
    return RowExpectation(
        name=spec.name or "unnamed",
        sql=sql.strip(),
        action=spec.action,
        aggregate=aggregate,
        tolerance=tolerance,
        nulls_pass=spec.nulls == "pass",
        empty_passes=None if spec.empty is None else spec.empty == "pass",
        place=source.place(key),
    )


def _tolerance(spec: ToleranceSpec | None, source: Source, findings: Findings, *, aggregate: bool) -> Tolerance:
    if spec is None:
        return Tolerance()
    if aggregate:
        fact = "an aggregate is true or not; no number of rows breaks it."
        findings.error("SL227", source.place(), source.subject(), fact, "Write the limit into its SQL.")
    elif (spec.count is None) == (spec.rate is None):
        findings.error("SL227", source.place(), source.subject(), "has to be a count or a rate.", "{count: 10} or {rate: 0.01}.")
    if spec.count is not None and spec.count < 0:
        findings.error("SL227", source.place("count"), source.subject("count"), f"{spec.count} is less than 0.")
    if spec.rate is not None and not 0 <= spec.rate <= 1:
        hint = "A rate is a share of the rows: 0.01 is one percent."
        findings.error("SL227", source.place("rate"), source.subject("rate"), f"{spec.rate:g} is not between 0 and 1.", hint)
    return Tolerance(spec.count or 0, spec.rate)


def _check_sql(sql: str, source: Source, key: str, findings: Findings) -> None:
    """One expression of one row, which is not to end before its text does."""
    place, subject = source.place(key), source.subject(key)
    try:
        tree = parse_query(f"SELECT {sql}").tree
    except SqlError as error:
        findings.error("SL228", place, subject, f"is no SQL expression: {error.fact}")
        return
    expressions = tree.expressions if isinstance(tree, exp.Select) else []
    clauses = [name for name, value in tree.args.items() if value and name not in ("kind", "expressions")]
    if len(expressions) != 1 or clauses or isinstance(expressions[0], exp.Alias):
        findings.error("SL228", place, subject, "is not one SQL expression.")
    elif any(True for _ in expressions[0].find_all(*_ALONE)):
        fact = "looks at more than a row: no subquery and no window function can stand here."
        findings.error("SL228", place, subject, fact, "Use expect, which asks the whole table.")
    elif key == "row" and any(True for _ in expressions[0].find_all(exp.AggFunc)):
        findings.error(
            "SL228", place, subject, "looks at more than a row: it has an aggregate function.", "Write it under aggregate."
        )
    elif key == "aggregate" and (name := _of_one_row(expressions[0])):
        fact = f'looks at one row: "{name}" stands outside of an aggregate function.'
        findings.error("SL228", place, subject, fact, "Write it under row, or within count, sum, min, max, bool_and, ...")


def _of_one_row(tree: exp.Expr) -> str:
    """A column that no function is around that may be an aggregate; empty when there is none."""
    lone = (each.name for each in tree.find_all(exp.Column) if each.find_ancestor(exp.AggFunc, exp.Anonymous) is None)
    return next(lone, "")


def named_columns(rule: RowExpectation) -> tuple[str, ...]:
    """The columns a rule names, as it writes them; fields of structs by their column."""
    try:
        tree = parse_query(f"SELECT {rule.sql}").tree
    except SqlError:
        return ()
    parameters = {each.name.casefold() for one in tree.find_all(exp.Lambda) for each in one.args.get("expressions") or ()}
    names = [(each.parts[0].name if len(each.parts) > 1 else each.name) for each in tree.find_all(exp.Column)]
    return tuple(dict.fromkeys(name for name in names if name.casefold() not in parameters))


def _check_columns(rule: RowExpectation, subject: str, columns: Sequence[str], findings: Findings) -> None:
    known = {name.casefold() for name in columns}
    for name in named_columns(rule):
        if name.casefold() not in known:
            findings.error("SL228", rule.place, subject, f'column "{name}" is unknown.', allowed(columns, name))


def check_rules_of_tasks(tasks: Iterable[Task], columns: Mapping[TableKey, ColumnLineage], findings: Findings) -> None:
    """SL228 where a rule names a column that the rows of its task do not have; only where all of them are surely known."""
    for task in tasks:
        found = columns.get(task.key)
        if found is not None and found.complete:
            for rule in task.row_expectations:
                subject = f"expectations[{rule.name}].{'aggregate' if rule.aggregate else 'row'}"
                _check_columns(rule, subject, [column.name for column in found.columns], findings)


def check_quarantines(nodes: Iterable[Table | Task], findings: Findings) -> None:
    """SL206 where the table for quarantined rows has the name of a table of the project, SL217 where their columns clash."""
    nodes = tuple(nodes)
    taken = {(node.key.domain.casefold(), node.key.name.casefold()): node for node in nodes}
    for node in nodes:
        rule = next((rule for rule in node.row_expectations if rule.action == "quarantine"), None)
        if rule is None or node.quarantine is None:
            continue
        other = taken.get((node.quarantine.domain.casefold(), node.quarantine.name.casefold()))
        if other is not None:
            fact = f"quarantined rows of {node.key} go to {node.quarantine}, which is already made by {other.place}."
            findings.error("SL206", rule.place, rule.name, fact, "Rename one of them.")
        for attribute in node.attributes:
            if attribute.name.casefold() in QUARANTINE_COLUMNS:
                fact = f'"{attribute.name}" is a column of quarantined rows.'
                findings.error("SL217", attribute.place, attribute.name, fact, "Rename the attribute.")
