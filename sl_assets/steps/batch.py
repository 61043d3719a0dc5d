"""One batch of files: read and validated once into a temporary table, outside any transaction; nothing is written yet.

The temporary table holds the final columns, `sl_file` and `sl_errors`; its `rowid` is the order of the records. Raw text is
fetched for rejected records only, in a second look at the file.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from sl_assets.formats import UnreadableFileError, locate, malformed, readings, unreadable
from sl_assets.project.columns import column_types
from sl_assets.project.reading import Reading
from sl_assets.project.records import Settings, Table
from sl_assets.project.windows import Window
from sl_assets.sql.text import quote_name
from sl_assets.steps.candidates import Candidate
from sl_assets.steps.judge import WHOLE, Judged, Judgement, Verdict, judge, removed_by_file
from sl_assets.steps.reports import Counts
from sl_assets.steps.small_files import GATHERED, Unit, gathered, gathering, units
from sl_assets.steps.veil import veiled, veiled_message, veiled_reason
from sl_assets.validation import Origin, compile_validation, has_private, prepare_privacy
from sl_assets.validation.row_rules import BROKEN, with_broken
from sl_assets.warehouse.duckdb.audit import FINDINGS
from sl_assets.warehouse.duckdb.rejected import Attempt
from sl_assets.warehouse.duckdb.values import as_rows, from_rows

BATCH = "sl_batch"
REJECTED = "sl_rejected"
AT_ONCE = 25
"""Files that one statement reads: the engine holds a reader for each of them until it ends."""
RECORD = f"{BATCH}.rowid - (SELECT min(rowid) FROM {BATCH}) + 1"
"""The number of a record of a batch of one file, from 1 (inside a transaction a new table does not begin at `rowid` 0)."""


class NotCleanError(Exception):
    """A file that was written while it was read turned out to have a record that must be rejected; nothing was kept."""


class UnreadableFilesError(Exception):
    """Some files of a batch cannot be read at all; `reasons` maps each of them to a sentence."""

    def __init__(self, reasons: Mapping[Path, str]) -> None:
        super().__init__("; ".join(f"{path}: {reason}" for path, reason in reasons.items()))
        self.reasons = dict(reasons)


@dataclass(frozen=True)
class Batch:
    """A batch that was read: how many rows of each file are good and bad.

    `clean`: instead, one file that is going to be read while it is written, because it is believed to have no bad row.
    `only`: of one file these records and no others, by their numbers among those the reader gave. `shapes`:
    how the files were read. `judgement`: what the table's row expectations say of the valid rows.
    """

    counts: Mapping[Path, Counts]
    filtered: bool = False
    clean: Reading | None = None
    relation: str = ""
    only: tuple[int, ...] | None = None
    shapes: tuple[Reading, ...] = ()
    judgement: Judgement | None = None

    def __getitem__(self, path: Path) -> Counts:
        return self.counts.get(path, Counts())

    @property
    def accepted(self) -> str:
        """The rows to write, with `sl_order`, as a relation in SQL."""
        if self.clean:
            return self.relation
        return self.chosen(self.judgement.accepted if self.judgement else "")

    @property
    def quarantined(self) -> str:
        """The rows that row expectations put aside, as a relation in SQL with the bits of what each breaks."""
        return self.chosen(self.judgement.quarantined if self.judgement else "false")

    @property
    def valid(self) -> str:
        """The rows that validation and filter let through, as a relation in SQL: accepted, quarantined and dropped ones."""
        return self.chosen()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the row expectations said."""
        return self.judgement.verdicts if self.judgement else ()

    def of_units(self, units: Collection[str]) -> "Batch":
        """The same batch with the verdicts over these units only."""
        if self.judgement is None:
            return self
        verdicts = tuple(each for each in self.judgement.verdicts if each.unit in units)
        return replace(self, judgement=replace(self.judgement, verdicts=verdicts))

    def refusal_of(self, unit: str) -> str:
        """Why nothing of a unit may be written, because of the row expectations; empty when it may be."""
        return self.judgement.refusal(unit) if self.judgement else ""

    def refusal(self, group: Sequence[Candidate]) -> str:
        """Why the files of one unit must not be loaded, because of the row expectations; empty when they may be."""
        units = dict.fromkeys([WHOLE, *(each.partition or WHOLE for each in group)])
        return next((reason for unit in units if (reason := self.refusal_of(unit))), "")

    def chosen(self, and_also: str = "") -> str:
        """The valid rows that meet a condition."""
        condition = "sl_errors IS NULL AND NOT sl_filtered" if self.filtered else "sl_errors IS NULL"
        if self.only is not None:
            condition += f" AND {RECORD} IN (SELECT unnest({list(self.only)}::BIGINT[]))"
        if and_also:
            condition += f" AND {and_also}"
        return f"(SELECT rowid AS sl_order, * FROM {BATCH} WHERE {condition})"


def clean_batch(connection: duckdb.DuckDBPyConnection, table: Table, candidate: Candidate, settings: Settings) -> Batch:
    """One file as a batch without a temporary table: its relation fails at the first row that is not accepted.

    Raises:
        UnreadableFilesError: The file is broken as a whole.
    """
    prepare_privacy(connection, table, settings.privacy_key)
    (reading,) = _shapes(connection, table, [str(candidate.path)])
    sql = compile_validation(table, reading, timezone=settings.timezone, origins=_origins([candidate]))
    accepted = "CASE WHEN sl_errors IS NULL THEN true ELSE error('a row is not accepted') END"
    return Batch({}, clean=reading, relation=f"(SELECT 0 AS sl_order, * FROM ({sql}) WHERE {accepted})")


def counted(connection: duckdb.DuckDBPyConnection, batch: Batch, path: Path, rows: int) -> Batch:
    """A clean batch after its rows were written.

    Raises:
        NotCleanError: The reader itself refused a record.
    """
    if batch.clean and malformed(batch.clean, connection):
        raise NotCleanError(f"{path} has records that the reader refused")
    return replace(batch, counts={path: Counts(rows, rows, 0)})


def read_batch(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    candidates: Sequence[Candidate],
    settings: Settings,
    windows: Sequence[Window] = (),
    *,
    together: bool = True,
) -> Batch:
    """Read and validate files into the temporary tables `sl_batch` and `sl_rejected`, replacing those of the batch before.

    Args:
        connection: Outside of any transaction.
        table: Whose files they are.
        candidates: The files, in load order.
        settings: The project's.
        windows: The partitions of a partitioned table.
        together: Whether small files are gathered first (`sl_assets.steps.small_files`).

    Raises:
        UnreadableFilesError: Some files are broken as a whole (truncated, not the format, not the encoding).
    """
    connection.execute(f"DROP TABLE IF EXISTS {BATCH}")
    connection.execute(f"DROP TABLE IF EXISTS {REJECTED}")
    bounds = {window.key: (window.start, window.end) for window in windows}
    files = [str(candidate.path) for candidate in candidates]
    origins = _origins(candidates)
    ranges = {str(each.path): bounds[each.partition] for each in candidates if each.partition in bounds} if windows else None
    prepare_privacy(connection, table, settings.privacy_key)
    pieces = (files[first : first + AT_ONCE] for first in range(0, len(files), AT_ONCE))
    shapes = tuple(reading for piece in pieces for reading in _shapes(connection, table, piece))
    sizes = {str(each.path): each.size for each in candidates}
    for number, unit in enumerate(units(shapes, sizes) if together else ((reading,) for reading in shapes)):
        reading = unit[0] if len(unit) == 1 else _gather(connection, table, unit)
        sql = compile_validation(
            table,
            reading,
            timezone=settings.timezone,
            reject_with_value=settings.reject_with_value,
            windows=ranges,
            origins=origins,
        )
        if table.row_expectations:
            sql = with_broken(sql, table.row_expectations, _asked(table))
        statement = f"CREATE TEMP TABLE {BATCH} AS {sql}" if number == 0 else f"INSERT INTO {BATCH} {sql}"
        if len(unit) == 1:
            with veiled(table):
                _execute(connection, statement, table, reading)
            continue
        try:
            connection.execute(statement)
        except duckdb.Error:  # an expression of the table fails on a value: of which files, the long way tells
            return read_batch(connection, table, candidates, settings, windows, together=False)
    connection.execute(f"DROP TABLE IF EXISTS {GATHERED}")
    with veiled(table):
        _collect_rejected(connection, table, shapes)
    batch = Batch(_counts(connection), filtered=table.filter is not None, shapes=shapes)
    return judged(connection, table, candidates, settings, windows, batch) if table.row_expectations else batch


def nothing_read(
    connection: duckdb.DuckDBPyConnection, table: Table, settings: Settings, windows: Sequence[Window] = ()
) -> Batch:
    """A batch of no file; whoever expects rows is told."""
    connection.execute(f"DROP TABLE IF EXISTS {BATCH}")
    batch = Batch({})
    if not table.row_expectations:
        return batch
    columns = ", ".join(f"NULL::{kind} AS {quote_name(name)}" for name, kind in column_types(table.columns).items())
    nothing = f"SELECT NULL::VARCHAR AS sl_file, {columns}, NULL AS sl_errors, 0::BIGINT AS {BROKEN} WHERE false"
    connection.execute(f"CREATE TEMP TABLE {BATCH} AS {nothing}")
    return judged(connection, table, (), settings, windows, batch)


def judged_again(
    connection: duckdb.DuckDBPyConnection, table: Table, candidates: Sequence[Candidate], settings: Settings, batch: Batch
) -> Batch:
    """A batch of files without partitions of which fewer rows are valid, or wanted (`only`), than when it was read."""
    if batch.judgement is None:
        return batch
    counts = {
        path: Counts(each.read, each.accepted + each.quarantined + each.dropped, each.rejected)
        for path, each in batch.counts.items()
    }
    return judged(connection, table, candidates, settings, (), replace(batch, counts=counts, judgement=None))


def judged(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    candidates: Sequence[Candidate],
    settings: Settings,
    windows: Sequence[Window],
    batch: Batch,
) -> Batch:
    """The batch with what the table's row expectations say of its valid rows; once more, where fewer are valid than before.

    `counts` of the batch are those before any judgement.
    """
    units: dict[str, list[str]] = {window.key: [] for window in windows}
    for each in candidates:
        units.setdefault((each.partition or WHOLE) if windows else WHOLE, []).append(str(each.path))
    rows = Judged(
        batch.valid,
        tuple(column.name for column in table.columns),
        tuple(column.name for column in table.columns if column.privacy),
        settings.preview_rows,
        {unit: tuple(files) for unit, files in units.items()},
    )
    with veiled(table):
        judgement = judge(connection, table.row_expectations, rows)
        removed = removed_by_file(connection, rows.relation, judgement)
    counts = {path: each.without(*removed.get(str(path), (0, 0))) for path, each in batch.counts.items()}
    return replace(batch, counts=counts, judgement=judgement)


def _asked(table: Table) -> str:
    """Which rows are asked what row expectations there are: the valid ones that the filter lets through."""
    return "sl_errors IS NULL" if table.filter is None else "sl_errors IS NULL AND NOT sl_filtered"


def _gather(connection: duckdb.DuckDBPyConnection, table: Table, unit: Unit) -> Reading:
    """Read small files into a temporary table; gives them as one reading."""
    for reading, statement in gathering(unit):
        with veiled(table):
            _execute(connection, statement, table, reading)
    return gathered(unit)


def _execute(connection: duckdb.DuckDBPyConnection, statement: str, table: Table, reading: Reading) -> None:
    try:
        connection.execute(statement)
    except duckdb.Error as error:
        reasons = _of_expressions(connection, reading, error) or unreadable(reading, error, connection)
        if not reasons:
            raise
        raise UnreadableFilesError({Path(file): veiled_reason(table, reason) for file, reason in reasons}) from error


def _of_expressions(connection: duckdb.DuckDBPyConnection, reading: Reading, error: duckdb.Error) -> tuple[tuple[str, str], ...]:
    """Where the files can be read, it was an expression of the table that failed on one of their values."""
    try:
        connection.execute(f"SELECT count(COLUMNS(*)) FROM ({reading.sql})")
    except duckdb.Error:
        return ()
    words = str(error).strip().split("\n", maxsplit=1)[0]
    sentence = f"a script, filter or privacy expression of the table fails on it: {words}"
    return tuple((file, sentence) for file in reading.files)


def _origins(candidates: Sequence[Candidate]) -> dict[str, Origin]:
    return {
        str(each.path): Origin(each.archive or each.path.with_name(each.name), each.name, each.size, each.modified_at)
        for each in candidates
    }


def _shapes(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str]) -> tuple[Reading, ...]:
    """The readings of some files.

    Raises:
        UnreadableFilesError: A file is broken as a whole.
    """
    try:
        with veiled(table):
            return readings(table, files, connection)
    except UnreadableFileError as error:
        raise UnreadableFilesError({Path(error.file): veiled_reason(table, error.reason)}) from error
    except duckdb.Error as error:
        raise UnreadableFilesError({Path(file): str(error) for file in files}) from error


def _collect_rejected(connection: duckdb.DuckDBPyConnection, table: Table, shapes: Sequence[Reading]) -> None:
    connection.execute(
        f"CREATE TEMP TABLE {REJECTED} "
        f"(sl_file VARCHAR, line BIGINT, raw VARCHAR, findings {FINDINGS}, byte_offset BIGINT, record BIGINT)",
    )
    wanted = _bad_records(connection)
    counts = dict(connection.execute(f"SELECT sl_file, count(*) FROM {BATCH} GROUP BY sl_file").fetchall()) if wanted else {}
    for reading in shapes:
        mine = {file: wanted[file] for file in reading.files if file in wanted}
        if mine:
            connection.execute(
                f"INSERT INTO {REJECTED} SELECT bad.sl_file, place.line, place.raw, bad.sl_errors, "
                f"place.byte_offset, bad.sl_record FROM ({_bad_rows()}) AS bad "
                f"LEFT JOIN ({locate(reading, connection, mine, counts)}) AS place USING (sl_file, sl_record) "
                f"WHERE bad.sl_file IN (SELECT file FROM {from_rows('$files', ['file'])})",
                {"files": as_rows([file] for file in mine)},
            )
        broken = malformed(reading, connection)
        if broken:
            connection.execute(
                f"INSERT INTO {REJECTED} SELECT sl_file, line, raw, "
                f"[{{'attribute': NULL, 'rule': rule, 'value': NULL, 'message': {veiled_message(table)}}}], byte_offset, NULL "
                f"FROM ({broken})"
            )


def _bad_rows() -> str:
    """The rejected rows with their number among the records of their file: the batch's `rowid` is the order of the records."""
    firsts = f"(SELECT sl_file, min(rowid) AS first FROM {BATCH} GROUP BY sl_file)"
    return (
        f"SELECT sl_file, rowid - first + 1 AS sl_record, sl_errors FROM {BATCH} JOIN {firsts} USING (sl_file) "
        "WHERE sl_errors IS NOT NULL"
    )


def _bad_records(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[int]]:
    rows = connection.execute(f"SELECT sl_file, list(sl_record) FROM ({_bad_rows()}) GROUP BY sl_file").fetchall()
    return {file: frozenset(records) for file, records in rows}


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[Path, Counts]:
    rows = connection.execute(
        "SELECT sl_file, sum(good)::BIGINT, sum(bad)::BIGINT FROM ("
        f"SELECT sl_file, count(*) AS good, 0 AS bad FROM {BATCH} WHERE sl_errors IS NULL GROUP BY sl_file "
        f"UNION ALL SELECT sl_file, 0, count(*) FROM {REJECTED} GROUP BY sl_file) GROUP BY sl_file"
    ).fetchall()
    return {Path(file): Counts(good + bad, good, bad) for file, good, bad in rows}


def _record(table: Table) -> str:
    """The raw record as it may be kept: a record with a private attribute in it is not."""
    return "'***'" if has_private(table) else "raw"


def write_rejected(connection: duckdb.DuckDBPyConnection, settings: Settings, table: Table, attempts: Sequence[Attempt]) -> None:
    """Copy the rejected records of the batch to `audit.rejected`, one row a record, ERROR in Starlake's wording."""
    cap = ""
    if settings.audit_max_errors is not None:
        cap = f"QUALIFY row_number() OVER (PARTITION BY bad.sl_file ORDER BY line) <= {int(settings.audit_max_errors)}"
    connection.execute(
        f"INSERT INTO {quote_name(settings.audit_schema)}.rejected (JOBID, TIMESTAMP, DOMAIN, SCHEMA, ERROR, PATH, FILE, LINE, "
        "ATTRIBUTE, RULE, VALUE, RECORD, FINDINGS, BYTE_OFFSET, HASH, RECORD_NUMBER) "
        "SELECT job.name, now()::TIMESTAMPTZ AT TIME ZONE 'UTC', $domain, $table, "
        "'ERR -> ' || chr(10) || list_aggregate([each.message FOR each IN findings], 'string_agg', chr(10)) "
        "|| chr(10) || chr(10) || 'FILE -> ' || bad.sl_file, bad.sl_file, job.file, line, "
        f"findings[1].attribute, findings[1].rule, findings[1].value, {_record(table)}, findings, byte_offset, job.hash, record "
        f"FROM {REJECTED} AS bad JOIN {from_rows('$attempts', ['sl_file', 'name', 'file', 'hash'])} AS job "
        f"USING (sl_file) {cap} ORDER BY bad.sl_file, line",
        {
            "domain": table.key.domain,
            "table": table.key.name,
            "attempts": as_rows(attempts),
        },
    )
