"""Copies of files in a temporary folder: what is read in place of a file that DuckDB cannot read as it came."""

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from sl_assets.project.reading import Reading
from sl_assets.sql.text import quote_text

T = TypeVar("T")


class CopyFolder:
    """A temporary folder that is removed, with all that is in it, when nobody holds this object any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="sl-assets-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def path_of(self, number: int) -> str:
        """Where the copy with this number, from 1, is to be written."""
        return str(self.path / f"{number}.copy")


@dataclass(frozen=True)
class Copies:
    """Copies of some of the files of a load.

    Attributes:
        folder: Where they are.
        originals: The path of the original of each, as it was given, by the number of the copy.
    """

    folder: CopyFolder
    originals: Mapping[int, str]

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
        if len(files) == 1:
            name = quote_text(self.original(files[0]))
        else:
            numbers = range(1, max(self.originals) + 1)
            names = ", ".join(quote_text(self.originals.get(number, "")) for number in numbers)
            number = "TRY_CAST(parse_filename(sl_file, true) AS INTEGER)"
            folder = quote_text(f"{self.folder.path}/")
            name = f"CASE WHEN starts_with(sl_file, {folder}) THEN ([{names}])[{number}] ELSE sl_file END"
        return f"SELECT * REPLACE ({name} AS sl_file) FROM (\n{sql}\n)"

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
