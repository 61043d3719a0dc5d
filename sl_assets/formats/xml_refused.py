"""Records of XML files that do not obey the XSD of their table (rule `xsd`), kept beside the copies that the others are in.

As in Spark, such a record is refused as a whole and its attributes are not asked.
"""

import json
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb

from sl_assets.formats.copies import Copies
from sl_assets.formats.errors import FormatError
from sl_assets.formats.located import keep
from sl_assets.formats.xml_elements import Element
from sl_assets.formats.xml_lines import places
from sl_assets.project.records import Attribute, Table
from sl_assets.project.xsd import XsdError, compile_xsd
from sl_assets.sql.text import quote_text

_MOST_TOLD = 10


@dataclass(frozen=True)
class Judge:
    """Asks the XSD of a table about records, and writes the refused ones down."""

    schema: Any
    secret: bool
    stream: IO[str]

    def obeyed(self, file: str, elements: Iterator[Element]) -> Iterator[Element]:
        """The records of a file that obey."""
        for number, element in enumerate(elements, start=1):
            if self.schema.validate(element):
                yield element
            else:
                refused = {"file": file, "record": number, "message": self._message()}
                self.stream.write(f"{json.dumps(refused)}\n")

    def _message(self) -> str:
        log = list(self.schema.error_log)
        told = [f"line {each.line}: {self._words(each)}" for each in log[:_MOST_TOLD]]
        more = [f"and {len(log) - _MOST_TOLD} more"] if len(log) > _MOST_TOLD else []
        return "; ".join([f"does not obey the XSD: {told[0]}", *told[1:], *more])

    def _words(self, error: Any) -> str:
        """libxml2's sentence, which shows values: not in a table with a private attribute."""
        return f"{error.path} ({error.type_name})" if self.secret else str(error.message)


def judge_of(table: Table, stream: IO[str]) -> Judge | None:
    """The judge of a table's records, writing to `stream`; None: the table has no XSD.

    Raises:
        FormatError: The XSD cannot be used any more.
    """
    xsd = table.format.xsd
    if xsd is None:
        return None
    try:
        schema = compile_xsd(xsd)
    except XsdError as error:
        raise FormatError(f"metadata.options.rowValidationXSDPath: {xsd.path} {error}") from error
    return Judge(schema, any(_is_private(attribute) for attribute in table.attributes), stream)


def refusals(copies: Copies) -> Path:
    """Where they are written down."""
    return copies.folder.path / "refused.json"


def refused_records(copies: Copies, files: Sequence[str], tag: str, connection: duckdb.DuckDBPyConnection) -> str | None:
    """SQL of the refused records; see `sl_assets.formats.malformed`."""
    numbers = refused_numbers(copies, connection)
    if not numbers:
        return None
    located = keep(((file, places(file, tag, numbers[file])) for file in files if file in numbers), connection)
    order = ", ".join(quote_text(file) for file in files)
    return f"""
SELECT sl_file, line, 'xsd' AS rule, message, raw, byte_offset
FROM ({located}) JOIN (SELECT file AS sl_file, record AS sl_record, message FROM {_written(copies)}) USING (sl_file, sl_record)
ORDER BY list_position([{order}], sl_file), sl_record"""


def refused_numbers(copies: Copies, connection: duckdb.DuckDBPyConnection) -> Mapping[str, Sequence[int]]:
    """File -> the numbers of its refused records, in order; a file without any is not in it."""
    path = refusals(copies)
    if not path.exists() or not path.stat().st_size:
        return {}
    sql = f"SELECT file, list(record ORDER BY record) FROM {_written(copies)} GROUP BY file"
    return {str(file): numbers for file, numbers in connection.execute(sql).fetchall()}


def numbers_in_file(given: Collection[int], refused: Sequence[int]) -> Mapping[int, int]:
    """Where records, counted without the refused ones, stand among all: number among all -> number given."""
    before = [number - passed for passed, number in enumerate(refused)]  # how many are given up to each refused one, plus 1
    return {number + bisect_right(before, number): number for number in given}


def _written(copies: Copies) -> str:
    columns = "{file: 'VARCHAR', record: 'BIGINT', message: 'VARCHAR'}"
    return f"read_json({quote_text(str(refusals(copies)))}, format='newline_delimited', columns={columns})"


def _is_private(attribute: Attribute) -> bool:
    return attribute.privacy is not None or any(_is_private(each) for each in attribute.attributes)
