"""Files as the readers want them, unpacked and in UTF-8: a copy is made of each that came otherwise."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

import duckdb

from sl_assets.formats.compressed import compression_of, opened
from sl_assets.formats.copies import Copies, CopyFolder
from sl_assets.formats.measured import Measured
from sl_assets.formats.transcoded import conversion_of, counts_bytes
from sl_assets.project.records import Table

_START = 4096
_CHUNK = 1 << 20


def plain_copies(table: Table, files: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Copies | None:
    """Copies of the files that are packed or in another encoding, in a temporary folder; None: there are none.

    Raises:
        FormatError: The table's encoding is unknown.
        UnreadableFileError: A file is damaged, or is an archive of several files, or more comes out of it than may.
        OSError: A file cannot be opened, or the disk is full.
    """
    others = [file for file in files if not _is_plain(file, table)]
    if not others:
        return None
    folder = CopyFolder(connection)
    numbered = dict(enumerate(others, start=1))
    converted = frozenset(number for number, file in numbered.items() if _copy(file, folder.path_of(number), table))
    return Copies(folder, numbered, converted, filled=counts_bytes(table.format))


def _is_plain(file: str, table: Table) -> bool:
    with Path(file).open("rb") as stream:
        start = stream.read(_START)
    return compression_of(file, start) is None and conversion_of(start, table) is None


def _copy(file: str, target: str, table: Table) -> bool:
    """Whether the copy has other bytes than what is inside the file."""
    with opened(file) as inside, Path(target).open("wb") as copy:
        stream = cast("IO[bytes]", Measured(inside, file, table.unpack, Path(target).parent))
        start = stream.read(_START)
        conversion = conversion_of(start, table)
        if conversion is None:
            copy.write(start)
            shutil.copyfileobj(stream, copy, _CHUNK)
        else:
            conversion.convert(start, stream, copy)
    return conversion is not None
