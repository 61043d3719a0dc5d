"""Writing a proposal down: all files of it or none, each whole."""

import os
import uuid
from collections.abc import Mapping
from pathlib import Path


def save(metadata: Path, changes: Mapping[Path, str]) -> tuple[Path, ...]:
    """Write files below the config folder, in their order; return where they are.

    Everything is on disk under hidden names before the first file gets its own, so a full disk changes nothing. A process that
    is killed between two renames leaves a project that is right: types come before domains, domains before tables.

    Raises:
        OSError: Something could not be written; nothing was changed.
    """
    written: dict[Path, Path] = {}
    try:
        for path, text in changes.items():
            target = metadata / path
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
            written[target] = partial
            _write(partial, text)
    except OSError:
        for partial in written.values():
            partial.unlink(missing_ok=True)
        raise
    for target, partial in written.items():
        partial.replace(target)
    return tuple(written)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
