r"""Text in other encodings than UTF-8, written down as UTF-8 piece by piece.

Bytes that are no text in their encoding are never guessed at: a byte that UTF-8 does not know (`FF`) takes their place, followed
by what they were (`\x81`), so that the reader refuses the very record. Lines stay lines, so their numbers are those of the file.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from sl_assets.formats.dsv_header import skipped_rows
from sl_assets.formats.errors import FormatError
from sl_assets.project.encodings import codec_of
from sl_assets.project.records import Format, Table

FILLER = "\ufdd0"
"""Follows a character once for every byte that it has after its first, where positions count bytes. No text holds it."""

_BAD = "\udcff"  # `surrogateescape` makes the byte FF of it
_REFUSE = "sl_assets.refuse"
_CHUNK = 1 << 20
_MARKS = {
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
}
_DECLARED = re.compile(rb"\s*<\?xml[^>]*\sencoding\s*=")
_MARKED = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0?\0", b"\0<\0?", b"\x4c\x6f\xa7\x94")
"""What an XML file begins with that libxml2 tells the encoding from; the last three are `<?` and `<?xm` in UTF-16 and EBCDIC."""


@dataclass(frozen=True)
class Conversion:
    """How a file becomes UTF-8.

    Attributes:
        codec: Python's codec of the file.
        bounds: Where fields begin and end in a line, in bytes, so that a character is found that one of them cuts; None:
            positions count characters, or there are none.
        skip: Lines that are no records.
    """

    codec: str
    bounds: frozenset[int] | None = None
    skip: int = 0

    def convert(self, start: bytes, rest: IO[bytes], target: IO[bytes]) -> None:
        """Write what stands in `start` and `rest` as UTF-8, without a byte order mark."""
        pieces = self._text(start, rest)
        for text in pieces if self.bounds is None else _Widener(self.codec, self.bounds, self.skip).widened(pieces):
            target.write(text.encode("utf-8", "surrogateescape"))

    def _text(self, start: bytes, rest: IO[bytes]) -> Iterator[str]:
        codecs.register_error(_REFUSE, _refused)
        decoder = codecs.getincrementaldecoder(self.codec)(_REFUSE)
        ends_with_nel = b"\x15".decode(self.codec, "replace") == "\x85"  # EBCDIC, where that is the usual end of a line
        chunk, first = start, True
        while chunk or first:
            following = rest.read(_CHUNK)
            text = decoder.decode(chunk, final=not following)
            text = text.removeprefix("\ufeff") if first else text
            yield text.replace("\x85", "\n") if ends_with_nel else text
            chunk, first = following, False


class _Widener:
    """Makes as many characters of a line as it has bytes, and marks a line in which a field begins or ends within a character."""

    def __init__(self, codec: str, bounds: frozenset[int], skip: int) -> None:
        self.widths = _Widths(codec)
        self.bounds = bounds
        self.left = skip

    def widened(self, pieces: Iterator[str]) -> Iterator[str]:
        unfinished = ""
        for piece in pieces:
            *lines, unfinished = (unfinished + piece).split("\n")
            yield "".join(f"{self._line(line)}\n" for line in lines)
        yield self._line(unfinished)

    def _line(self, line: str) -> str:
        self.left -= 1
        wide = line.translate(self.widths)
        if self.left >= 0 or len(wide) == len(line):
            return wide
        cut = any(bound < len(wide) and wide[bound] == FILLER for bound in self.bounds)
        return f"{_BAD}{FILLER}{wide}" if cut and _BAD not in wide else wide


class _Widths(dict[int, str]):
    """A character -> itself and its fillers, worked out once."""

    def __init__(self, codec: str) -> None:
        super().__init__({ord(each): each for each in "\r\n\ufeff" + _BAD})
        self.codec = codec

    def __missing__(self, code: int) -> str:
        self[code] = chr(code) + FILLER * (len(chr(code).encode(self.codec, "replace")) - 1)
        return self[code]


def counts_bytes(form: Format) -> bool:
    """Whether `position` counts bytes: `options.positionUnit`, an extension of ours.

    Raises:
        FormatError: It is neither `characters` nor `bytes`.
    """
    unit = form.options.get("positionUnit", "characters").strip().lower()
    if unit not in {"characters", "bytes"}:
        raise FormatError(f"metadata.options.positionUnit: {unit!r} is unknown. Allowed: characters, bytes.")
    return form.name == "POSITION" and unit == "bytes"


def conversion_of(start: bytes, table: Table) -> Conversion | None:
    """How a file that begins with `start` becomes what the reader of its table reads; None: it is that already.

    Raises:
        FormatError: `metadata.encoding` is unknown.
    """
    form = table.format
    if form.name == "PARQUET" or (form.name == "XML" and _says_encoding(start)):
        return None
    codec = codec_of(form.encoding)
    if codec is None:
        hint = "Hint: write one such as UTF-8, ISO-8859-1 or windows-1252."
        raise FormatError(f"metadata.encoding: {form.encoding!r} is not an encoding. {hint}")
    codec = _exact(codec, start)
    if counts_bytes(form):
        return Conversion(codec, _bounds(table), skipped_lines(form))
    marked = form.name in {"JSON", "JSON_FLAT"} and start.startswith(codecs.BOM_UTF8)  # which DuckDB refuses there
    return Conversion(codec) if codec != "utf-8" or marked else None


def skipped_lines(form: Format) -> int:
    """Lines of a fixed-width file before its first record.

    Raises:
        FormatError: `options.skipRows` is not a whole number.
    """
    return skipped_rows(form) + form.with_header


def _says_encoding(start: bytes) -> bool:
    if start.startswith(codecs.BOM_UTF32_LE):  # begins like UTF-16
        return False
    return start.startswith(_MARKED) or _DECLARED.match(start) is not None


def _bounds(table: Table) -> frozenset[int]:
    places = [attribute.position for attribute in table.attributes if attribute.script is None and attribute.position]
    return frozenset(bound for first, last in places for bound in (first, last + 1))


def _exact(codec: str, start: bytes) -> str:
    """UTF-16 and UTF-32 with their byte order: as the mark says; without one big end first, as in Java, unless zeros tell."""
    for mark, exact in _MARKS.get(codec, ()):
        if start.startswith(mark):
            return exact
    if codec not in _MARKS:
        return codec
    return f"{codec}-le" if start[:1] != b"\0" and start[1:2] == b"\0" else f"{codec}-be"


def _refused(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(f"{_BAD}\\x{byte:02x}" for byte in error.object[error.start : error.end]), error.end
