"""The archive: where a loaded file goes, under a name no other file has."""

from collections.abc import Collection
from pathlib import Path

from sl_assets.areas.files import move_file


def archive_path(archive: Path, name: str, digest: str, taken: Collection[Path]) -> Path:
    """The path a file will be archived under: its own name if free, else with a piece of its hash, then with a number.

    `taken` are paths promised to other files in the ledger whose move has not been done yet.
    """
    stem, dot, extension = name.partition(".")
    candidates = [name, f"{stem}-{digest[:8]}{dot}{extension}"]
    number = 2
    while True:
        for candidate in candidates:
            path = archive / candidate
            if path not in taken and not path.exists():
                return path
        candidates = [f"{stem}-{digest[:8]}-{number}{dot}{extension}"]
        number += 1


def archive_file(source: Path, target: Path | None) -> None:
    """Carry out what the ledger says about a loaded file: move it to its archive path, or remove it when it has none.

    Raises:
        FileExistsError: Another file is at the archive path; the loaded one is left where it is.
    """
    if target is None:
        source.unlink(missing_ok=True)
    elif source.exists() and not move_file(source, target):
        raise FileExistsError(f"{target} is another file; {source} was loaded and stays where it is")
