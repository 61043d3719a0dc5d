"""The folder in which is kept, from one start to the next, what was worked out of a project's texts.

A file of it is written beside and put in place whole, so any number of processes may read and write: the last one wins. It begins
with the versions of the code that made it; what is of other versions is as good as missing. No failure to read or write is an
error.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

_LAYOUT = "3"
_LIBRARIES = ("sl-assets", "croniter", "jinja2", "lxml", "pydantic", "pyyaml", "sqlglot")
_PARSERS = ("spec", "sql", "project")
_FORGOTTEN_AFTER = 90 * 24 * 3600  # seconds without use
_TOUCHED_AFTER = 24 * 3600
_TEMPORARY = ".tmp"
SUFFIXES = (FACTS, PROJECT) = (".facts", ".project")


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Where things are kept: `SL_CACHE`, else the user's cache folder; None: nowhere."""
    named = environ.get("SL_CACHE", "").strip()
    if named.casefold() in ("off", "false", "no", "0"):
        return None
    if named:
        return Path(named)
    with suppress(RuntimeError):  # no home
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "sl-assets"
        if sys.platform == "win32":
            return Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "sl-assets" / "Cache"
        return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sl-assets"
    return None


def cache_file(folder: Path, suffix: str, environ: Mapping[str, str]) -> Path | None:
    """The file about the project with this config folder; None: nothing is kept."""
    below = cache_folder(environ)
    return None if below is None else below / f"{digest_of(str(folder.resolve()))}{suffix}"


def read_cache(file: Path) -> bytes | None:
    """What is kept in a file, behind its versions; None when there is nothing, or nothing of this code."""
    with suppress(OSError, ValueError):
        header, _, content = file.read_bytes().partition(b"\n")
        if header == versions().encode():
            if time.time() - file.stat().st_mtime > _TOUCHED_AFTER:
                os.utime(file)
            return content
    return None


def write_cache(file: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file; what cannot be written is not kept."""
    with suppress(OSError, ValueError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, beside = tempfile.mkstemp(dir=file.parent, prefix=file.stem, suffix=_TEMPORARY)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(f"{versions()}\n".encode())
                write(out)
            Path(beside).replace(file)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
        _forget(file.parent)


def digest_of(text: str | bytes) -> str:
    """A digest that no two texts share."""
    return hashlib.blake2b(text.encode() if isinstance(text, str) else text, digest_size=16).hexdigest()


@cache
def versions() -> str:
    """Everything that decides what comes out of a text, beside the text: versions of code, of ours the state of every file."""
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    python = f"{sys.implementation.name} {sys.version.split()[0]}"
    return "sl-assets kept " + json.dumps([_LAYOUT, python, *libraries, _own_code()])


def _own_code() -> str:
    """A digest of the state of the modules that work things out: in a checkout they change without a new version."""
    here = Path(__file__).parent
    files = sorted(file for layer in _PARSERS for file in (here / layer).rglob("*") if file.suffix in (".py", ".j2"))
    states = [[str(file.relative_to(here)), (state := file.stat()).st_size, state.st_mtime_ns] for file in files]
    return digest_of(json.dumps(states))


def _forget(folder: Path) -> None:
    """Remove what is about projects that nobody has read for a long time, and what killed processes left half-written."""
    now = time.time()
    for each in folder.iterdir():
        if each.suffix in (*SUFFIXES, _TEMPORARY):
            with suppress(OSError):
                if each.stat().st_mtime < now - (_TOUCHED_AFTER if each.suffix == _TEMPORARY else _FORGOTTEN_AFTER):
                    each.unlink()
