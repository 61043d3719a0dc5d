"""From the number of a JSON record back to the line and the byte it starts at."""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO

import duckdb

from sl_assets.formats.located import Located, keep
from sl_assets.formats.reader import Counts, Wanted
from sl_assets.project.reading import Reading

_BETWEEN = re.compile(r"[\s,\[]*")
_CHUNK = 1 << 20


def locate(reading: Reading, connection: duckdb.DuckDBPyConnection, wanted: Wanted | None, _counts: Counts | None) -> str:
    """SQL of (sl_file, sl_record, line, raw, byte_offset); see `sl_assets.formats.locate`."""
    records = _lines if reading.by_line else _documents
    files = [file for file in reading.files if wanted is None or wanted.get(file)]
    return keep(((file, _wanted(records(file), None if wanted is None else wanted[file])) for file in files), connection)


def _wanted(records: Iterator[Located], wanted: Collection[int] | None) -> Iterator[Located]:
    return (record for record in records if wanted is None or record.record in wanted)


def _lines(file: str) -> Iterator[Located]:
    record = offset = 0
    with Path(file).open("rb") as stream:
        for line, content in enumerate(stream, start=1):
            raw = content.strip()
            if raw:
                record += 1
                yield Located(record, line, raw.decode(), offset + len(content) - len(content.lstrip()))
            offset += len(content)


def _documents(file: str) -> Iterator[Located]:
    with Path(file).open(encoding="utf-8", newline="") as stream:
        text = _Text(stream)
        record = 0
        while text.pass_over():
            line, offset = text.line, text.byte_offset
            record += 1
            yield Located(record, line, text.take_document(), offset)


class _Text:
    """The text of a file, held from the document that is looked at, with the line and the byte (in UTF-8) of its beginning."""

    def __init__(self, stream: TextIO) -> None:
        self.line = 1
        self.byte_offset = 0
        self._stream = stream
        self._held = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def pass_over(self) -> bool:
        """Go to the next document; False: there is none."""
        while True:
            match = _BETWEEN.match(self._held, self._at)
            self._go(match.end() if match else self._at)
            if self._at < len(self._held):
                return self._held[self._at] != "]"
            if not self._read():
                return False

    def take_document(self) -> str:
        """The document at hand; the text goes on behind it.

        Raises:
            ValueError: It is not well-formed.
        """
        while True:
            try:
                _, end = self._decoder.raw_decode(self._held, self._at)
            except ValueError:
                if not self._read():
                    raise
            else:
                document = self._held[self._at : end]
                self._go(end)
                return document

    def _go(self, to: int) -> None:
        passed = self._held[self._at : to]
        self.line += passed.count("\n")
        self.byte_offset += len(passed.encode())
        self._at = to

    def _read(self) -> bool:
        # As much again as is held: a document longer than that is looked at a few times, not once for every piece.
        more = self._stream.read(max(_CHUNK, len(self._held) - self._at))
        self._held, self._at = self._held[self._at :] + more, 0
        return bool(more)
