"""Only what is new: rows of a table beyond the value that was read last, files that were not read yet.

What was read is written down in the transaction of the task's rows: a run that is killed leaves neither, and the next one reads
the same again. New rows of a table are those whose column is greater than the greatest one read: a row that comes later with a
value that was passed already is not seen; that there are such rows is.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from sl_assets.project.compile import Relations
from sl_assets.project.names import names_of
from sl_assets.project.recipe import FileSource, Incremental
from sl_assets.project.records import Project, TableKey, Task
from sl_assets.sql.text import qualified, quote_name, quote_text
from sl_assets.steps.inputs import list_files
from sl_assets.warehouse.duckdb.catalog import table_columns
from sl_assets.warehouse.duckdb.inputs import InputRow, read_inputs
from sl_assets.warehouse.errors import WarehouseError


class IncrementalError(WarehouseError):
    """The new part of an input cannot be told."""


@dataclass(frozen=True)
class News:
    """What there is to read: `rows` is written down with the task's rows; `files` by the folded name of their source."""

    is_new: bool = True
    rows: tuple[InputRow, ...] = ()
    files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict[str, tuple[Path, ...]])
    warnings: tuple[str, ...] = ()


def new_relations(project: Project, task: Task) -> Relations:
    """What is read in the place of the tables of which only the new rows count."""
    return {
        _key(project, task, each): ("temp", "main", _view(number)) for number, each in enumerate(task.incremental) if each.parts
    }


def look_for_news(connection: duckdb.DuckDBPyConnection, project: Project, task: Task) -> News:
    """Find what is new of a task's inputs, inside its transaction, and make the new rows of tables relations.

    Raises:
        IncrementalError: A table or its column is not there.
        SourceError: Files lead where they must not.
    """
    if not task.incremental:
        return News()
    schema = project.settings.audit_schema
    found = News(is_new=False)
    for number, each in enumerate(task.incremental):
        known = read_inputs(connection, schema, task.key, str(each))
        if each.parts:
            one = _new_rows(connection, each, _key(project, task, each), known, number)
        else:
            one = _new_files(next(source for source in task.sources if _is(source.name, each)), known)
        found = News(
            found.is_new or one.is_new, found.rows + one.rows, {**found.files, **one.files}, found.warnings + one.warnings
        )
    return found


def _key(project: Project, task: Task, each: Incremental) -> TableKey:
    key = names_of(project).meaning(each.parts, task.key).key
    if key is None:
        raise IncrementalError(f"{each.place}  {each} is no table.")
    return key


def _view(number: int) -> str:
    return f"sl_new_{number}"


def _is(name: str, each: Incremental) -> bool:
    return name.casefold() == each.source.casefold()


def _new_rows(
    connection: duckdb.DuckDBPyConnection, each: Incremental, key: TableKey, known: tuple[InputRow, ...], number: int
) -> News:
    types = {name.lower(): type_ for name, type_ in table_columns(connection, key).items()}
    if each.column.lower() not in types:
        what = f"has no column {each.column}" if types else "is not in the warehouse yet"
        raise IncrementalError(f"{each.place}  {key} {what}. Nothing was written.")
    column, type_ = quote_name(each.column), types[each.column.lower()]
    before = next((row for row in known if row.name.lower() == each.column.lower()), None)
    passed = "false" if before is None or before.mark is None else f"{column} <= CAST({quote_text(before.mark)} AS {type_})"
    row = connection.execute(
        f"SELECT max({column})::VARCHAR, count({column}), count(*) FILTER ({passed}), count(*) FILTER ({column} IS NULL) "
        f"FROM {qualified(key)}"
    ).fetchone()
    mark, count, old, empty = row or (None, 0, 0, 0)
    until = "false" if mark is None else f"{column} <= CAST({quote_text(mark)} AS {type_})"
    view = quote_name(_view(number))
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * FROM {qualified(key)} WHERE ({until}) AND NOT coalesce({passed}, true)"
    )
    warnings = [f"{empty} rows of {key} have no {each.column}: they are never new, and not read."] if empty else []
    if before is not None and old != before.count:
        warnings.append(
            f"{key} has {old} rows with {each.column} up to {before.mark}, and had {before.count} when they were read: "
            "what came or went since is not read. Hint: --reload makes the table anew from all rows."
        )
    return News(count > old, (InputRow(str(each), each.column, mark, count),), {}, tuple(warnings))


def _new_files(source: object, known: tuple[InputRow, ...]) -> News:
    if not isinstance(source, FileSource):
        raise TypeError(source)
    read = {row.name: row for row in known}
    rows: list[InputRow] = []
    files: list[Path] = []
    for file in list_files(source):
        stat = file.stat()
        name = str(file.relative_to(source.root)) if file.is_relative_to(source.root) else str(file)
        row = read.get(name)
        if row is not None and (row.size, row.modified) == (stat.st_size, stat.st_mtime_ns):
            continue
        digest = _digest(file)
        rows.append(InputRow(source.name, name, digest, 0, stat.st_size, stat.st_mtime_ns))
        if row is None or row.mark != digest:
            files.append(file)
    return News(bool(files), tuple(rows), {source.name.casefold(): tuple(files)})


def _digest(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
