"""Files -> the YAML of a table that loads them: guessed, decided, then tried with the very rules a load uses."""

import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

import duckdb

from sl_assets.areas.files import list_files
from sl_assets.areas.landing import sort_files
from sl_assets.formats import FormatError, UnreadableFileError
from sl_assets.formats.guess import Field, Guess, GuessError, guess_files, plain_files
from sl_assets.project.records import Format, Project, TableKey, Type
from sl_assets.project.types import BUILT_IN_TYPES
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.spec.written import Value, WrittenTable
from sl_assets.steps.infer.changes import Changes, domain_change, table_change, types_change
from sl_assets.steps.infer.decide import Decided, decide, key_candidates, null_value_of
from sl_assets.steps.infer.look import Look, Looker, Steps, leaves_of
from sl_assets.steps.infer.names import column_names, has_varying_name, pattern_of
from sl_assets.steps.infer.trial import Verdict, trial, verdict

_KEYS = {
    "name": "format",
    "encoding": "encoding",
    "with_header": "withHeader",
    "separator": "separator",
    "quote": "quote",
    "escape": "escape",
    "array": "array",
    "multiline": "multiline",
    "null_value": "nullValue",
    "empty_is_null": "emptyIsNull",
    "options": "options",
}
_ALWAYS = {"DSV": ("name", "with_header", "separator"), "JSON": ("name", "array")}


@dataclass(frozen=True)
class Request:
    """What to infer: files of one table, and what the caller knows of them.

    Attributes:
        files: Where they are.
        key: The table that they are for.
        header: Whether delimited text begins with a header; None: look.
        row_tag: The element of XML that is a record; None: look.
        required: Mark attributes that every record fills as required.
    """

    files: tuple[Path, ...]
    key: TableKey
    header: bool | None = None
    row_tag: str | None = None
    required: bool = False


@dataclass(frozen=True)
class Proposal:
    """YAML for a table, tried on the very files.

    Attributes:
        key: The table.
        changes: The files of the project to write, relative to its config folder.
        verdict: What a load of the files would say.
        remarks: What the caller should hear.
        elsewhere: Says so when some of the files would be given to another table; empty: all go to this one.
        problems: Errors that the project would have with these changes; nothing may be written then.
    """

    key: TableKey
    changes: Changes
    verdict: Verdict
    remarks: tuple[str, ...] = ()
    elsewhere: str = ""
    problems: tuple[Diagnostic, ...] = ()


class InferError(Exception):
    """Nothing can be proposed; the message says for which file, why, and what to do."""


@contextmanager
def database(project: Project | None) -> Generator[duckdb.DuckDBPyConnection, None, None]:
    """A connection to a database of its own, in memory, that spills to where the project's own spills to."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = $zone", {"zone": project.settings.timezone if project else "UTC"})
        connection.execute("SET enable_progress_bar = false")
        spill = f"{project.settings.database}.tmp" if project else tempfile.gettempdir()
        connection.execute("SET temp_directory = $folder", {"folder": spill})
        yield connection


def looker_of(paths: tuple[str, ...], connection: duckdb.DuckDBPyConnection, project: Project | None) -> Looker:
    """Looks with the types and the timezone of the project; without one, with Starlake's own types."""
    types, timezone = (project.types, project.settings.timezone) if project else (BUILT_IN_TYPES, "UTC")
    return Looker(paths, connection, types, timezone)


def propose(request: Request, project: Project | None) -> Proposal:
    """The YAML of a new table for files.

    Raises:
        InferError: The files are empty, not of one kind, or of a format that cannot be guessed.
    """
    with told(request), database(project) as connection:
        files = plain_files([str(file) for file in request.files], connection)
        looker = looker_of(files.paths, connection, project)
        guess, look = _best(guess_files(files, connection, header=request.header, row_tag=request.row_tag), looker)
        notes = (files.encoding.note, *guess.notes) if files.encoding.note else guess.notes
        return _tried(request, project, looker, replace(guess, notes=notes, encoding=files.encoding.name), look)


@contextmanager
def told(request: Request) -> Generator[None, None, None]:
    """Turns every way in which files can be unreadable into `InferError`."""
    try:
        yield
    except UnreadableFileError as error:
        raise InferError(f"{error.file}  {error.reason}") from error
    except (GuessError, FormatError) as error:
        raise InferError(str(error)) from error
    except duckdb.Error as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise InferError(f"{request.files[0]}  cannot be read: {reason}") from error


def _best(guess: Guess, looker: Looker) -> tuple[Guess, Look]:
    """The guess, or another way to read the files where that refuses fewer lines."""
    best: Look | None = None
    chosen, failure = guess.format, None
    for form in (guess.format, *guess.others):
        try:
            look = looker.look(form, guess.fields)
        except (duckdb.Error, UnreadableFileError) as error:  # such as a quote that never ends
            failure = failure or error
            continue
        if best is None or look.refused < best.refused:
            best, chosen = look, form
        if not best.refused:
            break
    if best is None:
        raise failure or FormatError("there is no way to read the files.")
    return replace(guess, format=chosen), best


def _tried(request: Request, project: Project | None, looker: Looker, guess: Guess, look: Look) -> Proposal:
    """Write the YAML down, read it back with the whole project, validate the files with it; mend, and once more."""
    explicit: frozenset[str] = frozenset()
    as_text: frozenset[Steps] = frozenset()
    null = null_value_of(look)
    form = replace(guess.format, encoding=guess.encoding, null_value=null)
    hints = tuple(_strategy_notes(request, guess, look, looker))
    while True:  # each round adds to `explicit` or `as_text`, of which there are only so many
        decided = decide(guess.fields, look, null, required=request.required, as_text=as_text)
        written = _written(request, form, (*guess.notes, *_null_notes(null)), decided, hints, explicit)
        changes = _changes(request.key, written, decided.new_types, project)
        with trial(project, changes) as tried:
            table = tried.tables.get(request.key)
            if table is None or tried.errors:
                return Proposal(request.key, changes, Verdict(look.records, look.refused, 0, {}), problems=tried.errors)
            elsewhere = _elsewhere(request, tried)
            missing = _inherited_otherwise(table.format, form) - explicit
            found = verdict(table, [str(file) for file in request.files], looker.connection, looker.timezone)
        faulty = _faulty(guess.fields, found, as_text)
        if not missing and not faulty:
            return Proposal(request.key, changes, found, tuple(remarks_on(found)), elsewhere)
        explicit, as_text = explicit | missing, as_text if missing else as_text | faulty


def _elsewhere(request: Request, project: Project) -> str:
    """Which of the files another table of the domain claims before this one does."""
    files = [each for folder in {file.parent for file in request.files} for each in list_files(folder)]
    mine = {file.name for file in request.files}
    claimed = sort_files([each for each in files if each.name in mine], project.tables_of(request.key.domain)).by_table
    other = next((key for key, found in claimed.items() if found and key != request.key), None)
    return f"{claimed[other][0].name} would go to {other}, whose pattern matches it too and is asked first." if other else ""


def _changes(key: TableKey, table: WrittenTable, new_types: Sequence[Type], project: Project | None) -> Changes:
    metadata = project.metadata if project else None
    new_domain = project is None or not project.tables_of(key.domain)
    changes = dict(types_change(new_types, metadata))
    if new_domain:
        changes |= domain_change(key.domain, metadata)
    return {**changes, **table_change(key, table, project)}


def _written(
    request: Request, form: Format, notes: tuple[str, ...], decided: Decided, hints: tuple[str, ...], explicit: frozenset[str]
) -> WrittenTable:
    names = [file.name for file in request.files]
    return WrittenTable(
        name=request.key.name,
        pattern=pattern_of(names),
        metadata=_metadata(form, explicit),
        attributes=decided.attributes,
        notes=notes,
        strategy_notes=hints,
    )


def _metadata(form: Format, explicit: frozenset[str]) -> Mapping[str, Value]:
    usual = Format(name=form.name)
    always = _ALWAYS.get(form.name, ("name",))
    written = [each for each in _KEYS if each in always or each in explicit or getattr(form, each) != getattr(usual, each)]
    return {_KEYS[each]: getattr(form, each) for each in written if getattr(form, each) is not None}


def _inherited_otherwise(read: Format, wanted: Format) -> frozenset[str]:
    """Keys that the table would inherit from its domain or the application and has to say itself."""
    return frozenset(each.name for each in fields(Format) if getattr(read, each.name) != getattr(wanted, each.name))


def _faulty(guessed: Sequence[Field], found: Verdict, as_text: frozenset[Steps]) -> frozenset[Steps]:
    """Leaves whose type refuses values after all."""
    by_path = {".".join(name for name, _ in steps): steps for steps, _ in leaves_of(guessed)}
    return frozenset(by_path[path] for path in found.faults if path in by_path and by_path[path] not in as_text)


def _null_notes(null: str | None) -> Iterator[str]:
    if null is not None:
        yield f'columns of numbers, dates or booleans have "{null}" where there is no value; in text it becomes NULL as well'


def _strategy_notes(request: Request, guess: Guess, look: Look, looker: Looker) -> Iterator[str]:
    names = column_names([each.name for each in guess.fields])
    if len(request.files) == 1 and not has_varying_name(request.files[0].name):
        yield "a file that always has the same name often is the whole truth: then OVERWRITE"
    for name in key_candidates(guess.fields, look):
        if looker.is_unique(guess.format, guess.fields, name):
            yield f"{names[name]} is never empty and never twice: where later files correct earlier ones, UPSERT_BY_KEY with"
            yield f"key: [{names[name]}]"
            return


def remarks_on(found: Verdict) -> Iterator[str]:
    """What is to be said of a verdict."""
    if found.refused:
        yield f"{found.refused} of the lines are no records of this shape and would be rejected."
    if found.rejected:
        what = ", ".join(f"{attribute} ({count})" for attribute, count in found.faults.items())
        yield f"{found.rejected} of the records would be rejected: {what}."
    if not found.records:
        yield "There is not one record in the files: every type is a guess from nothing."
