"""From the number of a JSON record back to the line it starts on."""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from sl_assets.formats.located import Located, keep
from sl_assets.formats.reader import Counts, Wanted
from sl_assets.project.reading import Reading

_BETWEEN = re.compile(r"[\s,\[]*")


def locate(reading: Reading, connection: duckdb.DuckDBPyConnection, wanted: Wanted | None, _counts: Counts | None) -> str:
    """SQL of (sl_file, sl_record, line, raw); see `sl_assets.formats.locate`."""
    records = _lines if reading.by_line else _documents
    files = [file for file in reading.files if wanted is None or wanted.get(file)]
    return keep(((file, _wanted(records(file), None if wanted is None else wanted[file])) for file in files), connection)


def _wanted(records: Iterator[Located], wanted: Collection[int] | None) -> Iterator[Located]:
    return (record for record in records if wanted is None or record.record in wanted)


def _lines(file: str) -> Iterator[Located]:
    with Path(file).open(encoding="utf-8", newline="\n") as stream:
        filled = ((line, text.strip()) for line, text in enumerate(stream, start=1))
        yield from (
            Located(record, line, text) for record, (line, text) in enumerate((pair for pair in filled if pair[1]), start=1)
        )


def _documents(file: str) -> Iterator[Located]:
    text = Path(file).read_text(encoding="utf-8")
    decoder = json.JSONDecoder()
    record, line, counted, at = 0, 1, 0, _start(text, 0)
    while at < len(text) and text[at] != "]":
        line, counted = line + text.count("\n", counted, at), at
        _, end = decoder.raw_decode(text, at)
        record += 1
        yield Located(record, line, text[at:end])
        at = _start(text, end)


def _start(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return match.end() if match else at
