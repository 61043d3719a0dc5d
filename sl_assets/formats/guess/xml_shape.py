"""The structure of XML files: which element is a record, and what is in all of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sl_assets.formats.errors import UnreadableFileError
from sl_assets.formats.guess.fields import Field, Guess, GuessError
from sl_assets.formats.xml_elements import Element, etree, local_name, records
from sl_assets.project.records import Format

_LOOK = 200_000
_OWN_TEXT = "_VALUE"
_Levels = dict[int, Counter[str]]
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"


def guess_xml(files: Sequence[str], tag: str | None = None) -> Guess:
    """XML files; unless `tag` says it, the record is the outermost element that repeats in one of them.

    Raises:
        GuessError: A file is not well-formed, or the files have no element within their root.
    """
    if tag is not None:
        return Guess(Format(name="XML", options={"rowTag": tag}), xml_shape(files, tag))
    tag = _row_tag([_levels(file) for file in files])
    if tag is None:
        raise GuessError(files[0], "rowTag", "has no element within its root", "a record is an element within the root.")
    note = f"each <{tag}> is taken for a record: the outermost element that repeats"
    return Guess(Format(name="XML", options={"rowTag": tag}), xml_shape(files, tag), (note,))


def xml_shape(files: Sequence[str], tag: str) -> tuple[Field, ...]:
    """What the elements with a name hold, in all of the files.

    Raises:
        GuessError: A file is not well-formed, declares entities, or has no such element.
    """
    node = _Node()
    for file in files:
        try:
            for element in records(file, local_name(tag.strip().strip("<>"))):
                node.add(element)
        except UnreadableFileError as error:
            raise GuessError(file, "XML", error.reason.rstrip(".")) from error
    return tuple(node.fields())


def _row_tag(files: Sequence[_Levels]) -> str | None:
    """The most frequent element of the first level on which one repeats; else the first one within the root."""
    for depth in range(1, max(len(levels) for levels in files)):
        counts = [levels[depth] for levels in files if depth in levels]
        if any(count > 1 for each in counts for count in each.values()):
            return sum(counts, Counter[str]()).most_common(1)[0][0]
    return next((tag for levels in files if 1 in levels for tag in levels[1]), None)


def _levels(file: str) -> _Levels:
    """How often each element comes, by depth, at the beginning of a file."""
    levels: _Levels = {}
    depth = 0
    with Path(file).open("rb") as stream:
        options = {"resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False}
        events = etree.iterparse(stream, events=("start", "end"), remove_comments=True, remove_pis=True, **options)
        try:
            for event, element in islice(events, _LOOK):
                if event == "start":
                    levels.setdefault(depth, Counter())[local_name(element.tag)] += 1
                    depth += 1
                else:
                    depth -= 1
                    element.clear()
        except etree.XMLSyntaxError as error:
            raise GuessError(file, "XML", f"is not well-formed: {error.msg}") from error
    return levels


@dataclass
class _Node:
    """What was seen of the elements with one name at one place."""

    children: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])
    attributes: dict[str, None] = field(default_factory=dict[str, None])
    text: bool = False
    repeated: bool = False

    def add(self, element: Element) -> None:
        names = Counter[str]()
        for child in element:
            if isinstance(child.tag, str):
                name = local_name(child.tag)
                names[name] += 1
                self.children.setdefault(name, _Node()).add(child)
        for name, count in names.items():
            self.children[name].repeated = self.children[name].repeated or count > 1
        self.attributes.update(dict.fromkeys(local_name(key) for key in element.attrib if not key.startswith(_SCHEMA)))
        own = (element.text or "") + "".join(child.tail or "" for child in element)
        self.text = self.text or bool(own.strip())

    def fields(self) -> Iterator[Field]:
        if self.text:
            yield Field(_OWN_TEXT, "text")
        for name in self.attributes:
            yield Field(f"_{name}", "text")
        for name, child in self.children.items():
            if child.children or child.attributes:
                yield Field(name, "struct", array=child.repeated, fields=tuple(child.fields()))
            else:
                yield Field(name, "text" if child.text else "empty", array=child.repeated)
