"""Archives of several files (.zip, .tar, .tgz, .tar.gz, .tbz2, .tar.bz2): what is in one, and copying it out."""

import errno
import hashlib
import os
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sl_assets.areas.entries import Entry, Members, UnreadableArchiveError
from sl_assets.areas.tar_members import tar_members
from sl_assets.areas.zip_members import zip_members
from sl_assets.project.records import UnpackLimits

_ZIP = (".zip",)
_TAR = (".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2")
_CHUNK = 1 << 18
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, LookupError, RuntimeError)


def is_packed(name: str) -> bool:
    """Whether a file is an archive of several files, by the end of its name."""
    return name.lower().endswith((*_ZIP, *_TAR))


def list_entries(path: Path, limits: UnpackLimits) -> tuple[Entry, ...]:
    """The files in an archive, in its order; folders and hidden files are left out. Nothing is written anywhere.

    Raises:
        UnreadableArchiveError: It is damaged, encrypted, hostile or over a limit.
    """
    with _damage_told(path):
        return tuple(member.entry for member in _members(path, limits))


def copy_entries(path: Path, limits: UnpackLimits, targets: Mapping[int, Path]) -> None:
    """Copy entries out, by number; each is written to the disk, checked and has its modification time.

    Raises:
        UnreadableArchiveError: As for `list_entries`; also when the content of an entry is damaged.
        OSError: An entry cannot be written.
    """
    with _damage_told(path):
        for member in _members(path, limits):
            target = targets.get(member.entry.number)
            if target:
                with member.open() as source, target.open("xb") as copy:
                    shutil.copyfileobj(source, copy, _CHUNK)
                    copy.flush()
                    os.fsync(copy.fileno())
                    size = copy.tell()
                if size != member.entry.size:  # `zipfile` checks the sum of what is there, and not whether all is there
                    fact = f"is damaged: {member.entry.name!r} has {size} bytes instead of {member.entry.size}."
                    raise UnreadableArchiveError(path, fact)
                seconds = member.entry.modified_at.timestamp()
                os.utime(target, (seconds, seconds))


def hash_entries(path: Path, limits: UnpackLimits, numbers: Collection[int]) -> dict[int, str]:
    """The SHA-256 of the bytes of some entries, by number, as `content_hash` gives it once they are unpacked.

    Raises:
        UnreadableArchiveError: As for `copy_entries`.
    """
    found: dict[int, str] = {}
    with _damage_told(path):
        for member in _members(path, limits):
            if member.entry.number in numbers:
                digest = hashlib.sha256()
                with member.open() as source:
                    while chunk := source.read(_CHUNK):
                        digest.update(chunk)
                found[member.entry.number] = digest.hexdigest()
    return found


def _members(path: Path, limits: UnpackLimits) -> Members:
    return zip_members(path, limits) if path.name.lower().endswith(_ZIP) else tar_members(path, limits)


@contextmanager
def _damage_told(path: Path) -> Generator[None, None, None]:
    """Whatever the readers stumble over in a file's bytes, as one error; what the system says of the disk stays as it is."""
    try:
        yield
    except UnreadableArchiveError:
        raise
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise UnreadableArchiveError(path, f"is no {path.suffix} archive, or is damaged or cut off: {error}.") from error
