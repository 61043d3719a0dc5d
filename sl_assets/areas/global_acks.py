"""The ack file of a whole delivery (Starlake's `globalAckFilePath`): there or not, found by a pattern, removed when used up."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG


class BrokenAckError(Exception):
    """What lies in the place of an ack file is none, so that nobody can say whether the delivery is complete."""


@dataclass(frozen=True)
class GlobalAck:
    """An ack file. `identity` is another one for every file that was ever written there."""

    path: Path
    modified_at: datetime
    identity: str


def find_ack(path: Path) -> GlobalAck | None:
    """The ack file at a path; None when it is not there, yet or any more.

    Raises:
        BrokenAckError: There is a folder, or the place cannot be looked at.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BrokenAckError(f"The ack file {path} cannot be looked at: {error.strerror}.") from error
    if not S_ISREG(status.st_mode):
        hint = "Hint: remove it, or let global_ack_file_path name the file itself."
        raise BrokenAckError(f"{path} should be an ack file and is a folder or something else. {hint}")
    identity = f"{path}/{status.st_ino}/{status.st_size}/{status.st_mtime_ns}"
    return GlobalAck(path, datetime.fromtimestamp(status.st_mtime, UTC), identity)


def list_acks(pattern: str) -> tuple[GlobalAck, ...]:
    """The ack files that an absolute glob matches, by path.

    Raises:
        BrokenAckError: As for `find_ack`.
    """
    root = Path(pattern).anchor
    found = (find_ack(path) for path in sorted(Path(root).glob(pattern.removeprefix(root))))
    return tuple(each for each in found if each)


def remove_ack(ack: GlobalAck) -> None:
    """Use an ack file up; one that was written anew in the meantime stays."""
    current = find_ack(ack.path)
    if current and current.identity == ack.identity:
        ack.path.unlink(missing_ok=True)
