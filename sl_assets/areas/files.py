"""Files as the areas see them: listed in Starlake's order, hashed, moved without ever overwriting one."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

TWIN = re.compile(r"~\d+$")


class UnreadableFolderError(Exception):
    """A folder in which files arrive or wait cannot be looked into: that is not the same as having none."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder} cannot be read: {reason}. Hint: it has to be a folder that this process may list and write.")


@dataclass(frozen=True)
class InputFile:
    """A file in landing or stage. `name` is the name it came with: a staged twin `orders.csv~2` is named `orders.csv`.

    `changed_at`: the last change of the file or its name by the clock of the file system, which no program sets.
    """

    path: Path
    name: str
    size: int
    modified_at: datetime
    changed_at: datetime | None = None

    def is_busy(self, quiet: timedelta, now: datetime) -> bool:
        """Whether it was modified less than `quiet` ago, so that somebody may still be writing it.

        A modification time in the future says nothing (it came with the file, or from another clock), so the time of the
        last change that the file system keeps by itself is asked instead. A file that is ahead in both counts as quiet:
        a wrong clock must not hold it back for ever.
        """
        stamp = self.modified_at
        if stamp - now >= quiet and self.changed_at:
            stamp = self.changed_at
        return abs(now - stamp) < quiet


def list_files(folder: Path) -> tuple[InputFile, ...]:
    """The files of one folder, not of its subfolders, dot files left out, oldest first and then by name.

    That is the order of Starlake's `IngestionTimeStrategy`. A folder that does not exist holds no files.

    Raises:
        UnreadableFolderError: There is something else than a folder, or it may not be read.
    """
    try:
        with os.scandir(folder) as entries:
            found = [_input_file(entry) for entry in entries if entry.is_file() and not entry.name.startswith(".")]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UnreadableFolderError(folder, error.strerror or str(error)) from error
    return tuple(sorted((file for file in found if file), key=lambda file: (file.modified_at, file.name, file.path.name)))


def _input_file(entry: os.DirEntry[str]) -> InputFile | None:
    try:
        status = entry.stat()
    except FileNotFoundError:
        return None  # another run took it between our listing and now
    times = (datetime.fromtimestamp(seconds, UTC) for seconds in (status.st_mtime, status.st_ctime))
    return InputFile(Path(entry.path), TWIN.sub("", entry.name), status.st_size, *times)


def content_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes, in lower-case hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def start_content_hash(path: Path) -> Callable[[], str]:
    """Begin to hash a file beside whatever comes next; the call that is returned waits for the hash and gives it."""
    pool = ThreadPoolExecutor(1, "content-hash")
    future = pool.submit(content_hash, path)
    pool.shutdown(wait=False)  # it takes no more work, and goes on with this
    return future.result


def twin_names(name: str) -> Iterable[str]:
    """The names a file may get in a folder where its own is taken: `a.csv`, `a.csv~2`, `a.csv~3`, ..."""
    yield name
    number = 2
    while True:
        yield f"{name}~{number}"
        number += 1


def place_file(source: Path, folder: Path, names: Iterable[str]) -> Path:
    """Move a file into a folder under the first of `names` that is free; return where it went.

    Safe to repeat after a crash at any point: a half-done move is the same file under two names, and finishing it is
    removing the first. Modification times survive.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        target = folder / name
        if move_file(source, target):
            return target
    raise FileExistsError(f"no free name for {source} in {folder}")


def move_file(source: Path, target: Path) -> bool:
    """Move `source` to `target` unless another file is there; False when one is.

    Hard link, then unlink: there is no moment without the file, and none in which it overwrites another. Where links are
    impossible (another file system) the copy is completed under a hidden name before it gets its own.
    """
    if target.exists():
        if not source.samefile(target):
            return False
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except FileExistsError:
            return False
        except OSError:
            _copy_whole(source, target)
    source.unlink()
    return True


def _copy_whole(source: Path, target: Path) -> None:
    partial = target.with_name(f".{target.name}.part")
    shutil.copy2(source, partial)
    with partial.open("rb") as handle:
        os.fsync(handle.fileno())
    partial.rename(target)
