"""What was worked out of a text, kept from one start to the next: a large project does not parse again what has not changed.

A fact is anything that JSON can say. Its key is a hash of the text, of all else that it depends on, and of the versions of the
code that works it out: a fact is never out of date, only unknown. The facts of one project are one file below `SL_CACHE` (by
default the user's cache folder; `off` keeps none), written beside and put in place whole, so any number of processes may read and
write: the last one wins. What is damaged or of other versions is as good as missing. No failure to read or write is an error.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

_LAYOUT = "2"
_LIBRARIES = ("sl-assets", "jinja2", "pydantic", "pyyaml", "sqlglot")
_PARSERS = ("spec", "sql", "project")
_MOST_UNUSED = 16 * 1024**2  # characters
"""Facts that were not asked for are kept up to this size, the most recent first: another environment may ask for them."""
_FORGOTTEN_AFTER = 90 * 24 * 3600  # seconds without use
_TOUCHED_AFTER = 24 * 3600
_SUFFIX = ".facts"


class Facts:
    """The facts about one project's texts.

    Example:
        >>> facts = Facts()
        >>> facts.put("length", "abc", fact=3)
        >>> facts.get("length", "abc"), facts.get("length", "abcd")
        (3, None)
    """

    def __init__(self, kept: Mapping[str, str] | None = None) -> None:
        self._kept = dict(kept or {})
        self._used: dict[str, str] = {}
        self._new = False

    def get(self, kind: str, *texts: str) -> Any:
        """The fact of a kind about a text; None when it is not known.

        Args:
            kind: What is asked, with a number to raise when its form changes: `references-1`.
            texts: The text, and everything else that the answer depends on.
        """
        key = _key(kind, texts)
        line = self._used.get(key) or self._kept.get(key)
        if line is None:
            return None
        seal, _, fact = line.partition(" ")
        if seal == _seal(key, fact):
            with suppress(ValueError, RecursionError):
                found = json.loads(fact)
                self._used[key] = line
                return found
        self._kept.pop(key, None)
        self._new = True
        return None

    def put(self, kind: str, *texts: str, fact: object) -> None:
        """Keep a fact; see `get`. It is written to a disk: nothing that only the environment knows may be in it."""
        key = _key(kind, texts)
        with suppress(ValueError, RecursionError):  # ValueError: a lone surrogate, which no file takes
            text = json.dumps(fact, ensure_ascii=False, separators=(",", ":"))
            self._used[key] = f"{_seal(key, text)} {text}"
            self._new = True

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return self._new

    def lines(self) -> Iterable[str]:
        """Everything worth keeping: what was used, then what was not, as far as there is room."""
        yield from (f"{key} {line}\n" for key, line in self._used.items())
        room = _MOST_UNUSED
        for key, line in self._kept.items():
            if key not in self._used:
                room -= len(line)
                if room < 0:
                    return
                yield f"{key} {line}\n"


@contextmanager
def open_facts(folder: Path, environ: Mapping[str, str] | None = None) -> Generator[Facts, None, None]:
    """The facts about the project with this config folder; what is new is written at the end."""
    file = _file(folder, os.environ if environ is None else environ)
    facts = Facts(_read(file) if file else None)
    yield facts
    if file is not None and facts.changed:
        with suppress(OSError, ValueError):
            _write(file, facts)


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Where facts are kept: `SL_CACHE`, else the user's cache folder; None: nowhere."""
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


def _file(folder: Path, environ: Mapping[str, str]) -> Path | None:
    below = cache_folder(environ)
    return None if below is None else below / f"{_digest(str(folder.resolve()))}{_SUFFIX}"


def _read(file: Path) -> Mapping[str, str]:
    with suppress(OSError, ValueError):
        lines = file.read_text(encoding="utf-8").split("\n")
        if lines[0] == _versions():
            if time.time() - file.stat().st_mtime > _TOUCHED_AFTER:
                os.utime(file)
            return {key: line for key, _, line in (each.partition(" ") for each in lines[1:]) if line}
    return {}


def _write(file: Path, facts: Facts) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, beside = tempfile.mkstemp(dir=file.parent, prefix=file.stem, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(f"{_versions()}\n")
            out.writelines(facts.lines())
        Path(beside).replace(file)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    _forget(file.parent)


def _forget(folder: Path) -> None:
    """Remove the facts of projects that nobody has read for a long time, and what killed processes left half-written."""
    latest = time.time() - _FORGOTTEN_AFTER
    for each in folder.iterdir():
        if each.suffix in (_SUFFIX, ".tmp"):
            with suppress(OSError):
                if each.stat().st_mtime < (latest if each.suffix == _SUFFIX else time.time() - _TOUCHED_AFTER):
                    each.unlink()


def _key(kind: str, texts: Iterable[str]) -> str:
    """A digest of all of them, each with its length: no two lists of texts read the same."""
    digest = hashlib.blake2b(digest_size=16)
    for text in (kind, *texts):
        read = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d " % len(read))
        digest.update(read)
    return digest.hexdigest()


def _seal(key: str, fact: str) -> str:
    return hashlib.blake2b(f"{key} {fact}".encode(), digest_size=8).hexdigest()


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@cache
def _versions() -> str:
    """Everything that decides what facts come out of a text, beside the text: the versions of code, ours to the byte."""
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    python = f"{sys.implementation.name} {sys.version.split()[0]}"
    return "sl-assets facts " + json.dumps([_LAYOUT, python, *libraries, _own_code()])


def _own_code() -> str:
    """A digest of the state of the modules that work facts out: in a checkout they change without a new version."""
    here = Path(__file__).parent
    files = sorted(file for layer in _PARSERS for file in (here / layer).glob("*.py"))
    return _digest(json.dumps([[file.name, (state := file.stat()).st_size, state.st_mtime_ns] for file in files]))
