"""Files that come compressed one by one (.gz, .zst, .bz2), told by their first bytes: unpacked while they are copied.

Every look at a file (header, quotes, the way back to a line) then sees what is inside, and DuckDB reads it on all its threads.
"""

import bz2
import gzip
import zlib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, cast

import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

from sl_assets.formats.errors import UnreadableFileError

_START = 512
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


def compression_of(file: str, start: bytes) -> str | None:
    """How a file that begins with `start` is packed; None: it is not.

    Raises:
        UnreadableFileError: It is an archive of several files.
    """
    if start.startswith(_ZIP):
        raise _archive(file, "zip")
    if start.startswith(_BZIP2) and start[4:].startswith(_BZIP2_BLOCKS):
        return "bzip2"
    return next((name for name, beginning in _BEGINNINGS.items() if start.startswith(beginning)), None)


@contextmanager
def opened(file: str) -> Generator[IO[bytes]]:
    """What is inside a file, packed or not, as a stream.

    Raises:
        UnreadableFileError: The file is damaged, or is an archive of several files.
        OSError: It cannot be opened, or there is no room for what is made of it.
    """
    with Path(file).open("rb") as stream:
        name = compression_of(file, stream.read(_START))
    if name is None:
        with Path(file).open("rb") as stream:
            yield stream
        return
    try:
        with _OPENERS[name](file) as stream:
            if stream.read(_START)[_TAR_MARK] == b"ustar":
                raise _archive(file, "tar")
        with _OPENERS[name](file) as stream:
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        if _is_of_the_system(error):
            raise
        raise UnreadableFileError(file, f"is a {name} file that is damaged or cut off: {error}.") from error


def _archive(file: str, name: str) -> UnreadableFileError:
    fact = f"is an archive of several files ({name})"
    return UnreadableFileError(file, f"{fact}. Hint: name it so (.zip, .tar, .tgz), then it is unpacked when it is imported.")


def _is_of_the_system(error: Any) -> bool:
    """Whether the disk is to blame, not what is in the file: the decompressors' own errors have no number."""
    return getattr(error, "errno", None) is not None
