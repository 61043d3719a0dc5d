"""The documentation as data: its pages, their fenced blocks, links and headings.

A comment `<!-- folder: empty -->` (or `bakery`, or `bakery after make run`) says in which folder the blocks below it belong.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")], key=lambda page: page.relative_to(ROOT))
)

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FOLDER = re.compile(r"<!-- folder: (?P<folder>[\w ]+?) -->")
_FILE = re.compile(r"(?:#|--) (?P<path>config/\S+)\n")
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block. `path` is the project file it claims to be, from its first line; `folder` is where it belongs."""

    language: str
    text: str
    path: str | None
    folder: str | None


@dataclass(frozen=True)
class Command:
    """One line of shell and what it should print, `...` standing for anything."""

    line: str
    expected: tuple[str, ...]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for fence in _FENCE.finditer(text):
        folders = _FOLDER.findall(text[: fence.start()])
        file = _FILE.match(fence["text"])
        yield Block(fence["language"], fence["text"], file["path"] if file else None, folders[-1] if folders else None)


def sections(page: Path) -> Iterator[tuple[str, list[Block]]]:
    """The blocks that share a folder, in order."""
    found: dict[str, list[Block]] = {}
    for block in blocks(page):
        if block.folder:
            found.setdefault(block.folder, []).append(block)
    yield from found.items()


def commands(block: Block) -> Iterator[Command]:
    """Lines of a `bash` block, which show no output, or those of a `console` block that begin with `$ `."""
    if block.language == "bash":
        for line in block.text.splitlines():
            if line and not line.startswith("#"):
                yield Command(line, ("...",))
        return
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, *expected = part.rstrip("\n").split("\n")
        yield Command(line, tuple(expected))


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    for link in _LINK.finditer(prose(page)):
        yield link["target"]


def anchors(page: Path) -> set[str]:
    """Headings as the fragments that GitHub makes of them."""
    titles = (heading["title"] for heading in _HEADING.finditer(prose(page)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
