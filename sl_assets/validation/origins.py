"""What scripts, SQL privacy and filters may ask about the file of a row: pseudo-columns, dropped at the end.

`sl_input_file_name` and `_metadata` are Starlake's (`_metadata` as Spark has it), the others are ours.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sl_assets.project.records import Table
from sl_assets.sql.text import quote_name, quote_text
from sl_assets.validation.by_file import by_file


@dataclass(frozen=True)
class Origin:
    """The facts of one file, the same whenever it is loaded: from stage, from its archive, packed or not.

    Attributes:
        path: Where it is kept once it is loaded (the archive); its name there may have been changed to be the only one.
        name: The name it came with.
        size: Bytes of the file as it came.
        modified_at: UTC without a zone, as in the ledger.
    """

    path: Path
    name: str
    size: int
    modified_at: datetime


Origins = Mapping[str, Origin]
"""File, as in `sl_file` -> its facts."""

PSEUDO_COLUMNS: Mapping[str, str] = {
    "sl_input_file_name": "sl_origin.file_path",
    "sl_input_file_path": "sl_origin.kept",
    "sl_input_file_size": "sl_origin.file_size",
    "sl_input_file_modified_at": "sl_origin.file_modification_time",
    "_metadata": "struct_pack(file_name := sl_origin.file_name, file_path := sl_origin.file_path, "
    "file_size := sl_origin.file_size, file_modification_time := sl_origin.file_modification_time)",
}
"""Name -> SQL over the facts of the row's file."""

PSEUDO_COLUMN_TYPES: Mapping[str, str] = {
    "sl_input_file_name": "VARCHAR",
    "sl_input_file_path": "VARCHAR",
    "sl_input_file_size": "BIGINT",
    "sl_input_file_modified_at": "TIMESTAMPTZ",
    "_metadata": "STRUCT(file_name VARCHAR, file_path VARCHAR, file_size BIGINT, file_modification_time TIMESTAMPTZ)",
}

_NO_TIME = "CAST(NULL AS TIMESTAMPTZ)"
_MENTIONED = re.compile("|".join(PSEUDO_COLUMNS), re.IGNORECASE)


def pseudo_columns(table: Table) -> frozenset[str]:
    """Names of the pseudo-columns that scripts, SQL privacy or the filter of a table name; an attribute of that name wins."""
    asked = frozenset(found.lower() for text in _expressions(table) for found in _MENTIONED.findall(text))
    return asked - {attribute.name.lower() for attribute in table.attributes if attribute.script is None}


def with_pseudo_columns(table: Table, sql: str, files: tuple[str, ...], origins: Origins | None) -> str:
    """A SELECT with the pseudo-columns that the table's expressions name.

    Args:
        table: Whose rows they are.
        sql: A SELECT with the column `sl_file`.
        files: The files it is over.
        origins: Their facts; None: nothing is known of them but their paths.
    """
    columns = [f"{PSEUDO_COLUMNS[name]} AS {quote_name(name)}" for name in sorted(pseudo_columns(table))]
    if not columns:
        return sql
    known = {file: _facts(origins[file]) for file in files if file in origins} if origins else {}
    facts = known[files[0]] if len(files) == 1 and known else by_file(known) if known else _FACTS_OF_A_PATH
    return f"SELECT * EXCLUDE (sl_origin), {', '.join(columns)} FROM (\nSELECT *, {facts} AS sl_origin FROM (\n{sql}\n))"


def _expressions(table: Table) -> Iterator[str]:
    yield table.filter or ""
    for attribute in table.attributes:
        yield attribute.script or ""
        if attribute.privacy is not None and attribute.privacy.method == "SQL":
            yield str(attribute.privacy)


def _facts(origin: Origin) -> str:
    moment = origin.modified_at.replace(tzinfo=UTC).isoformat(sep=" ")
    named = quote_text(str(origin.path.with_name(origin.name)))
    return _struct(
        quote_text(origin.name), named, quote_text(str(origin.path)), str(int(origin.size)), f"TIMESTAMPTZ {quote_text(moment)}"
    )


def _struct(name: str, named: str, kept: str, size: str, modified_at: str) -> str:
    return (
        f"struct_pack(file_name := {name}, file_path := {named}, kept := {kept}, file_size := CAST({size} AS BIGINT), "
        f"file_modification_time := {modified_at})"
    )


_FACTS_OF_A_PATH = _struct("parse_filename(sl_file)", "sl_file", "sl_file", "NULL", _NO_TIME)
