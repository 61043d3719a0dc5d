"""Files that come compressed one by one (.gz, .zst, .bz2), told by their first bytes: unpacked before they are read.

Every look at a file (header, quotes, the way back to a line) then sees what is inside, and DuckDB reads it on all its threads.
"""

import bz2
import gzip
import shutil
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, cast

import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from sl_assets.formats.copies import Copies, CopyFolder
from sl_assets.formats.errors import UnreadableFileError

_CHUNK = 1 << 20
_ZIP = b"PK\x03\x04"
_TAR_MARK = slice(257, 262)


def _zstd(file: str) -> IO[bytes]:
    return pa.input_stream(file, compression="zstd")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _gzip(file: str) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(file))


def _bzip2(file: str) -> IO[bytes]:
    return bz2.open(file)


_OPENERS: Mapping[str, Callable[[str], IO[bytes]]] = MappingProxyType({"gzip": _gzip, "zstd": _zstd, "bzip2": _bzip2})
_BEGINNINGS = MappingProxyType({"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"})
_BZIP2 = b"BZh"
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")


def unpack(files: Sequence[str]) -> Copies | None:
    """Unpack the compressed ones among the files into a temporary folder; None: there are none.

    Raises:
        UnreadableFileError: A file is damaged, or is an archive of several files.
        OSError: A file cannot be opened, or the disk is full.
    """
    packed = [(file, name) for file in files if (name := _compression(file)) is not None]
    if not packed:
        return None
    folder = CopyFolder()
    for number, (file, name) in enumerate(packed, start=1):
        _unpack(file, name, folder.path_of(number))
    return Copies(folder, {number: file for number, (file, _) in enumerate(packed, start=1)})


def _compression(file: str) -> str | None:
    with Path(file).open("rb") as stream:
        start = stream.read(10)
    if start.startswith(_ZIP):
        raise _archive(file, "zip")
    if start.startswith(_BZIP2) and start[4:].startswith(_BZIP2_BLOCKS):
        return "bzip2"
    return next((name for name, beginning in _BEGINNINGS.items() if start.startswith(beginning)), None)


def _archive(file: str, name: str) -> UnreadableFileError:
    return UnreadableFileError(
        file, f"is a compressed file ({name}), which is not supported yet. Hint: unpack it before it lands."
    )


def _unpack(file: str, name: str, target: str) -> None:
    try:
        with _OPENERS[name](file) as stream, Path(target).open("wb") as copy:
            start = stream.read(_CHUNK)
            if start[_TAR_MARK] == b"ustar":
                raise _archive(file, "tar")
            copy.write(start)
            shutil.copyfileobj(stream, copy, _CHUNK)
    except (OSError, EOFError, zlib.error) as error:
        if _is_of_the_system(error):
            raise
        raise UnreadableFileError(file, f"is a {name} file that is damaged or cut off: {error}.") from error


def _is_of_the_system(error: Any) -> bool:
    """Whether the disk is to blame, not what is in the file: the decompressors' own errors have no number."""
    return getattr(error, "errno", None) is not None
