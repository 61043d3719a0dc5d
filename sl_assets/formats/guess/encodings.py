"""Which encoding files are in, told by their bytes: all of them, not the first ones."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sl_assets.formats.guess.fields import GuessError

_CHUNK = 1 << 24
_START = 1 << 16
_MANY = 0.3
_ONLY_WINDOWS = bytes(each for each in range(0x80, 0xA0) if each not in (0x81, 0x8D, 0x8F, 0x90, 0x9D))
_NOT_WINDOWS = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


@dataclass(frozen=True)
class Encoding:
    """The encoding's name; `note` says how it was told, where it is not UTF-8."""

    name: str = "UTF-8"
    note: str = ""


_MARKED = "the file begins with the byte order mark of UTF-16"
_ZEROS = "every other byte of the file is zero, and there is no byte order mark"
_LEGACY = "a byte of the file is no UTF-8; that it is {} and no other one-byte encoding is a guess"
_ENCODINGS = {
    "ASCII": Encoding(),
    "UTF-8": Encoding(),
    "UTF-16": Encoding("UTF-16", _MARKED),
    "UTF-16LE": Encoding("UTF-16LE", _ZEROS),
    "UTF-16BE": Encoding("UTF-16BE", _ZEROS),
    "ISO-8859-1": Encoding("ISO-8859-1", _LEGACY.format("ISO-8859-1")),
    "windows-1252": Encoding("windows-1252", _LEGACY.format("windows-1252")),
}


def guess_encoding(files: Sequence[str]) -> Encoding:
    """The encoding of all of the files; plain ASCII goes with any.

    Raises:
        GuessError: They are not text, or are in different encodings.
    """
    names = {file: _name(file) for file in files}
    found = dict.fromkeys(name for name in names.values() if name != "ASCII")
    if set(found) == {"ISO-8859-1", "windows-1252"}:
        return _ENCODINGS["windows-1252"]
    if len(found) > 1:
        first, second = list(found)[:2]
        other = next(file for file, name in names.items() if name == second)
        raise GuessError(other, "encoding", f"is {second}, another file is {first}", "infer them one by one, as two tables.")
    return _ENCODINGS[next(iter(found), "ASCII")]


def _name(file: str) -> str:
    with Path(file).open("rb") as stream:
        start = stream.read(_START)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    if b"\0" in start:
        return _zeros(file, start)
    return _bytes(file)


def _zeros(file: str, start: bytes) -> str:
    half = max(len(start) // 2, 1)
    if start[1::2].count(0) > _MANY * half and start[::2].count(0) <= start[1::2].count(0) // 4:
        return "UTF-16LE"
    if start[::2].count(0) > _MANY * half and start[1::2].count(0) <= start[::2].count(0) // 4:
        return "UTF-16BE"
    raise GuessError(file, "encoding", "is not text (it holds zero bytes) and no format that is known")


def _bytes(file: str) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    ascii_only = True
    try:
        for chunk in _chunks(file):
            ascii_only = ascii_only and chunk.isascii()
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _legacy(file)
    return "ASCII" if ascii_only else "UTF-8"


def _legacy(file: str) -> str:
    windows = any(len(chunk) != len(chunk.translate(None, _ONLY_WINDOWS)) for chunk in _chunks(file))
    undefined = any(len(chunk) != len(chunk.translate(None, _NOT_WINDOWS)) for chunk in _chunks(file))
    return "windows-1252" if windows and not undefined else "ISO-8859-1"


def _chunks(file: str) -> Iterator[bytes]:
    with Path(file).open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
