"""What was worked out of a text, kept from one start to the next: a large project does not parse again what has not changed.

A fact is anything that JSON can say. Its key is a hash of the text, of all else that it depends on, and of the versions of the
code that works it out: a fact is never out of date, only unknown. The facts of one project are one file (`cache.py`). What is
damaged in it is as good as missing.
"""

import hashlib
import json
import os
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sl_assets.cache import FACTS, cache_file, read_cache, write_cache

_MOST_UNUSED = 16 * 1024**2  # characters
"""Facts that were not asked for are kept up to this size, the most recent first: another environment may ask for them."""


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
    file = cache_file(folder, FACTS, os.environ if environ is None else environ)
    facts = Facts(_lines(read_cache(file)) if file else None)
    yield facts
    if file is not None and facts.changed:
        write_cache(file, lambda out: out.writelines(line.encode() for line in facts.lines()))


def _lines(kept: bytes | None) -> Mapping[str, str]:
    with suppress(ValueError):
        lines = (kept or b"").decode().split("\n")
        return {key: line for key, _, line in (each.partition(" ") for each in lines) if line}
    return {}


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
