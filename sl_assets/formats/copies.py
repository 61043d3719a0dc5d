"""Copies of files in a temporary folder: what is read in place of a file that DuckDB cannot read as it came."""

import fcntl
import os
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import duckdb

from sl_assets.formats.transcoded import FILLER
from sl_assets.project.reading import Reading
from sl_assets.sql.text import quote_text

T = TypeVar("T")

_PREFIX = "sl-assets-"
_NUMBER = "TRY_CAST(parse_filename(sl_file, true) AS INTEGER)"
_REFUSED = quote_text(rf"\\xff({FILLER}|\\x[0-9a-f]{{2}})")
"""The byte that marks a fault, as `dsv_refused.show_bytes` shows it; what it stands for follows."""


class CopyFolder:
    """A temporary folder that is removed, with all that is in it, when nobody holds this object any more.

    It is where DuckDB spills to, beside the warehouse, so that the disk that has to be large is one; the system's temporary
    folder for a connection without a warehouse. What a killed process left there is removed by the next one: a folder in use
    is locked, and the lock dies with its process.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        parent = _spill_folder(connection)
        if parent:
            parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(parent)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        handle = os.open(self.path, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        weakref.finalize(self, _remove, self.path, handle)

    def path_of(self, number: int) -> str:
        """Where the copy with this number, from 1, is to be written."""
        return str(self.path / f"{number}.copy")


def _spill_folder(connection: duckdb.DuckDBPyConnection) -> Path | None:
    found = connection.execute("SELECT current_setting('temp_directory')").fetchone()
    folder = Path(found[0]) if found and found[0] else None
    return folder if folder and folder.is_absolute() else None  # DuckDB's own default is in the working directory


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        handle = os.open(folder, os.O_RDONLY)
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _remove(folder: Path, handle: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(handle)


@dataclass(frozen=True)
class Copies:
    """Copies of some of the files of a load.

    Attributes:
        folder: Where they are.
        originals: The path of the original of each, as it was given, by the number of the copy.
        converted: Numbers of the copies whose bytes are not those of their originals, unpacked.
        filled: Whether `FILLER` stands in the copies.
    """

    folder: CopyFolder
    originals: Mapping[int, str]
    converted: frozenset[int] = frozenset()
    filled: bool = False

    @property
    def paths(self) -> Mapping[str, str]:
        """Original -> copy."""
        return {original: self.folder.path_of(number) for number, original in self.originals.items()}

    def original(self, file: str) -> str:
        """The file that a copy was made of; any other file is itself."""
        path = Path(file)
        return self.originals[int(path.stem)] if path.parent == self.folder.path else file

    def named(self, sql: str, files: Sequence[str]) -> str:
        """A SELECT over `files` with the originals' paths in place of the copies' in its column `sl_file`."""
        return f"SELECT * REPLACE ({self._name(files)} AS sl_file) FROM (\n{sql}\n)"

    def placed(self, sql: str, files: Sequence[str], *, refused: bool = False) -> str:
        """The same of a SELECT that has `raw` and `byte_offset` too: both are those of the original, where they can be told.

        `refused`: it has `rule` too, and its records are those that the reader refused.
        """
        columns = [f"{self._name(files)} AS sl_file"]
        if self.converted:
            numbers = ", ".join(str(number) for number in sorted(self.converted))
            offset = f"CASE WHEN {self._is_copy} AND {_NUMBER} IN ({numbers}) THEN NULL ELSE byte_offset END"
            columns += [f"{offset} AS byte_offset", f"{self._raw(refused=refused)} AS raw"]
        return f"SELECT * REPLACE ({', '.join(columns)}) FROM (\n{sql}\n)"

    def _raw(self, *, refused: bool) -> str:
        """The text of a record as it was, without what stands in the copies for bytes that UTF-8 has no place for."""
        raw = f"CASE WHEN rule = 'encoding' THEN regexp_replace(raw, {_REFUSED}, '\\1', 'g') ELSE raw END" if refused else "raw"
        return f"replace({raw}, {quote_text(FILLER)}, '')" if self.filled else raw

    @property
    def _is_copy(self) -> str:
        return f"starts_with(sl_file, {quote_text(f'{self.folder.path}/')})"

    def _name(self, files: Sequence[str]) -> str:
        if len(files) == 1:
            return quote_text(self.original(files[0]))
        numbers = range(1, max(self.originals) + 1)
        names = ", ".join(quote_text(self.originals.get(number, "")) for number in numbers)
        return f"CASE WHEN {self._is_copy} THEN ([{names}])[{_NUMBER}] ELSE sl_file END"

    def reading(self, copied: Reading) -> Reading:
        """A reading of copies as a reading of the originals."""
        files = tuple(self.original(file) for file in copied.files)
        return replace(copied, files=files, sql=self.named(copied.sql, copied.files), copied=copied, kept=self)


def copies_of(reading: Reading) -> Copies | None:
    """The copies that a reading reads; None: it reads the files themselves."""
    return reading.kept if isinstance(reading.kept, Copies) else None


def by_copy(facts: Mapping[str, T], copies: Copies) -> Mapping[str, T]:
    """What is known of each file, by the path that is read."""
    paths = copies.paths
    return {paths.get(file, file): fact for file, fact in facts.items()}
