"""The config folder as it stands: one digest of all that a project is read from, and the words that its templates may name."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sl_assets.spec.template import words

LARGEST = 64 * 1024**2
"""Bytes in all: a folder with more than that holds other things than YAML and SQL."""
MOST_FILES = 100_000
YAML = (".yml", ".yaml")


@dataclass(frozen=True)
class ConfigTexts:
    """What is in a config folder.

    `digest` is of every path and content, `state` of every path, size and time. `named` are the words of all texts with
    templates, `named_in_yaml` those in YAML.
    """

    digest: str
    state: str
    named: frozenset[str]
    named_in_yaml: frozenset[str]


class _Entry(NamedTuple):
    """Something in the folder. `link` is where a symbolic link leads; `size` and `time` are those of a file."""

    path: str
    link: str
    is_file: bool
    size: int
    time: int


def read_texts(folder: Path) -> ConfigTexts | None:
    """Read everything in a config folder; None when that is too much, or cannot be."""
    with suppress(OSError, _TooMuchError):
        return _read(_entries(folder))
    return None


def state_of(folder: Path) -> str | None:
    """The `state` of a config folder, without reading its files."""
    with suppress(OSError, _TooMuchError):
        return _state(_entries(folder))
    return None


class _TooMuchError(Exception):
    """There is more in the folder than is worth reading, or a link that leads round in a circle."""


def _read(entries: list[_Entry]) -> ConfigTexts:
    digest = hashlib.blake2b(digest_size=16)
    named, in_yaml = set[str](), set[str]()
    for each in entries:
        content = Path(each.path).read_bytes() if each.is_file else b""
        for part in (os.fsencode(each.path), os.fsencode(each.link), b"file" if each.is_file else b"", content):
            digest.update(b"%d " % len(part))
            digest.update(part)
        if b"{{" in content or b"{%" in content or b"${" in content or b"{#" in content:
            found = words(content.decode("utf-8", "replace"))
            named |= found
            if each.path.endswith(YAML):
                in_yaml |= found
    return ConfigTexts(digest.hexdigest(), _state(entries), frozenset(named), frozenset(in_yaml))


def _state(entries: list[_Entry]) -> str:
    return hashlib.blake2b(repr([tuple(each) for each in entries]).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _entries(folder: Path) -> list[_Entry]:
    """Everything in the folder and in all folders below it, links followed, in the order of the paths."""
    found = list[_Entry]()
    size = 0
    for each in _walk(str(folder), frozenset()):
        found.append(each)
        size += each.size
        if size > LARGEST or len(found) > MOST_FILES:
            raise _TooMuchError
    return sorted(found)


def _walk(folder: str, above: frozenset[str]) -> Iterator[_Entry]:
    real = os.path.realpath(folder)
    if real in above:
        raise _TooMuchError
    with os.scandir(folder) as entries:
        for each in entries:
            link = os.path.realpath(each.path) if each.is_symlink() else ""
            if each.is_dir():
                yield _Entry(each.path, link, is_file=False, size=0, time=0)
                yield from _walk(each.path, above | {real})
            elif each.is_file():
                state = each.stat()
                yield _Entry(each.path, link, is_file=True, size=state.st_size, time=state.st_mtime_ns)
            else:  # a link to nothing, a socket: there, and nothing to read
                yield _Entry(each.path, link, is_file=False, size=0, time=0)
