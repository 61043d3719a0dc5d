"""The bundled library of expectation macros (`macros/*.j2`): what a project may call without writing it.

A project's own macro of the same name wins.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sl_assets.spec.findings import Findings
from sl_assets.spec.template import load_macros

FOLDER = Path(__file__).parent / "macros"
_DOCUMENTED = re.compile(
    r"\{#- (?P<about>(?:(?!#\}).)*?)\n\s*e\.g\. (?P<example>[^\n]*?) -#\}\s*"
    r"\{%-? macro (?P<name>\w+)\((?P<parameters>[^)]*)\)",
    re.DOTALL,
)


@dataclass(frozen=True)
class LibraryMacro:
    """A macro of the library: what it expects, in words, and a call as an example."""

    name: str
    category: str
    parameters: str
    about: str
    example: str


@cache
def library_text() -> str:
    """The whole library as one template."""
    return "\n".join(file.read_text(encoding="utf-8") for file in _files())


@cache
def library_macros() -> Mapping[str, LibraryMacro]:
    """Name -> macro, by category in the order of their files."""
    found: dict[str, LibraryMacro] = {}
    for file in _files():
        for each in _DOCUMENTED.finditer(file.read_text(encoding="utf-8")):
            about = " ".join(each["about"].split())
            found[each["name"]] = LibraryMacro(each["name"], file.stem, each["parameters"], about, each["example"])
    return MappingProxyType(found)


@cache
def library_functions() -> Mapping[str, object]:
    """Name -> what a template can call. They know no variable of any project."""
    return load_macros(library_text(), {}, FOLDER, Findings())


def library_of(text: str) -> Mapping[str, object]:
    """The library's macros for a template text; none when it names none of them, because making them takes 0.1 s."""
    return library_functions() if any(name in text for name in library_macros()) else {}


def _files() -> tuple[Path, ...]:
    return tuple(sorted(FOLDER.glob("*.j2")))
