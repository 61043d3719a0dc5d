"""The members of a tar archive, plain or compressed with gzip or bzip2, read once from start to end."""

import bz2
import gzip
import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, cast

from sl_assets.areas.entries import Entry, Member, Members, Tally, UnreadableArchiveError, base_name
from sl_assets.project.arrival import too_much
from sl_assets.project.records import UnpackLimits

_GZIP, _BZIP2 = b"\x1f\x8b", b"BZh"
_LARGEST_HEADER = 1 << 20  # bytes; a name that long is an attack on memory
_ROOM = 1 << 20
_CHUNK = 1 << 20
_END = bytes(tarfile.BLOCKSIZE)
_IGNORED = (tarfile.DIRTYPE,)


def tar_members(path: Path, limits: UnpackLimits) -> Members:
    """The files in a tar archive, in order; ask for all of them: only the end proves that it is whole.

    Raises:
        UnreadableArchiveError: It is cut off, hostile or over a limit. What `tarfile` raises is for the caller.
    """
    status = path.stat()
    tally = Tally(path, status.st_size, limits)
    with _opened(path) as stream:
        source = _Source(stream, path, tally)
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r:", errors="surrogateescape") as packed:
            for number, info in enumerate(packed):
                tally.add(info.size)
                entry = _entry(path, number, info, status.st_mtime)
                if entry:
                    yield Member(entry, _opener(packed, info))
        source.check_end()


def _opener(packed: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    return partial(cast("Callable[[tarfile.TarInfo], IO[bytes]]", packed.extractfile), info)


def _entry(path: Path, number: int, info: tarfile.TarInfo, otherwise: float) -> Entry | None:
    if not info.isreg() and info.type not in _IGNORED:
        raise UnreadableArchiveError(path, f"has an entry that is a link or a device, not a file: {info.name!r}.")
    name = base_name(path, info.name)
    if name is None or not info.isreg():
        return None
    return Entry(number, name, info.size, _modified_at(info.mtime, otherwise))


def _modified_at(seconds: float, otherwise: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(otherwise, UTC)


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        start = stream.read(3)
    if start.startswith(_GZIP):
        return cast("IO[bytes]", gzip.open(path))
    return bz2.open(path) if start == _BZIP2 else path.open("rb")


class _Source:
    """What is unpacked, read forward by `tarfile`, which would believe any size that a header names."""

    def __init__(self, stream: IO[bytes], path: Path, tally: Tally) -> None:
        self._stream = stream
        self._path = path
        self._tally = tally
        self._last = b""

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def seek(self, position: int, whence: int = io.SEEK_SET) -> int:
        self._check(position)
        return self._stream.seek(position, whence)

    def read(self, size: int) -> bytes:
        if size > _LARGEST_HEADER:
            raise UnreadableArchiveError(self._path, "has a header of more than a megabyte, which no packer writes.")
        self._check(self._stream.tell() + size)
        self._last = self._stream.read(size)
        return self._last

    def check_end(self) -> None:
        """Raise when the archive stops without its end mark: `tarfile` takes a broken header for the end."""
        if self._last != _END:
            raise UnreadableArchiveError(self._path, "is damaged or cut off: it has no end mark.")
        while self._stream.read(_CHUNK):  # to the end, where the checksum is
            self._check(self._stream.tell())

    def _check(self, position: int) -> None:
        room = _ROOM + self._tally.limits.entries * 2 * tarfile.BLOCKSIZE  # for headers and filling, which are no content
        if position > self._tally.most + room:
            raise UnreadableArchiveError(self._path, too_much(self._tally.packed, self._tally.limits))
