"""Errors of the formats: about the configuration or a file as a whole, never about a record (those are data)."""


class FormatError(ValueError):
    """A table's `metadata` asks for something no reader can do, e.g. an encoding DuckDB does not know."""


class UnreadableFileError(Exception):
    """A file that cannot be what its table says it is; `reason` is one plain sentence without the file's name."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file} {reason}")
        self.file = file
        self.reason = reason


class NoRoomError(OSError):
    """The disk has no room for what is in a file; not the fault of the file, which is loaded when there is."""

    def __str__(self) -> str:
        return str(self.args[-1])
