"""The members of a zip archive."""

import stat
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO

from sl_assets.areas.entries import Entry, Member, Members, Tally, UnreadableArchiveError, base_name
from sl_assets.project.records import UnpackLimits

_ENCRYPTED = 0x1 | 0x40
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_SPECIAL = (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)
_UNIX_TIMES = 0x5455
_HAS_MODIFIED = 0x1


def zip_members(path: Path, limits: UnpackLimits) -> Members:
    """The files in a zip, in the order of its directory.

    Raises:
        UnreadableArchiveError: It is encrypted, hostile or over a limit. What `zipfile` raises is for the caller.
    """
    status = path.stat()
    tally = Tally(path, status.st_size, limits)
    with zipfile.ZipFile(path) as packed:
        for number, info in enumerate(packed.infolist()):
            tally.add(info.file_size)
            name = base_name(path, info.filename)
            if stat.S_IFMT(info.external_attr >> 16) in _SPECIAL:
                raise UnreadableArchiveError(path, f"has an entry that is a link or a device, not a file: {info.filename!r}.")
            if name is None:
                continue
            _check(path, info)
            modified_at = _modified_at(info) or datetime.fromtimestamp(status.st_mtime, UTC)
            yield Member(Entry(number, name, info.file_size, modified_at), _opener(packed, info))


def _opener(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return partial(packed.open, info)


def _check(path: Path, info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise UnreadableArchiveError(path, f"is encrypted: {info.filename!r}. Hint: pack it without a password.")
    if info.compress_type not in _READABLE:
        fact = f"is packed by a method that cannot be read (number {info.compress_type}): {info.filename!r}."
        raise UnreadableArchiveError(
            path, f"{fact} Hint: pack it with deflate, the method of every program unless told otherwise."
        )


def _modified_at(info: zipfile.ZipInfo) -> datetime | None:
    """When the file was modified: in UTC where the packer wrote that, else the clock it wrote, taken for UTC."""
    seconds = _unix_time(info.extra)
    if seconds is not None:
        return datetime.fromtimestamp(seconds, UTC)
    try:
        return datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _unix_time(extra: bytes) -> int | None:
    while len(extra) >= 4:  # noqa: PLR2004 - a field begins with its kind and its length, two bytes each
        kind, length = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNIX_TIMES and len(field) >= 5 and field[0] & _HAS_MODIFIED:  # noqa: PLR2004 - flags, then four bytes
            return struct.unpack_from("<i", field, 1)[0]
    return None
