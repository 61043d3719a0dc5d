"""Where something stands in a file that a person wrote."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Place:
    """A position in a source file; `line` and `column` count from 1, 0 means "the file as a whole"."""

    file: Path
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if self.line == 0:
            return str(self.file)
        return f"{self.file}:{self.line}:{self.column}"
