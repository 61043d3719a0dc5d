"""The records of an XML file, one element after the other, whatever the size of the file.

No file outside is ever opened and no entity of the file's own is ever put in: a file that declares any is refused.
"""

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from lxml import etree as _etree  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

from sl_assets.formats.errors import UnreadableFileError

etree = cast("Any", _etree)


class Element(Protocol):
    """What is used of lxml's elements. `tag` is text, but for entities."""

    tag: Any
    text: str | None
    tail: str | None
    attrib: Mapping[str, str]

    def __iter__(self) -> Iterator["Element"]:
        """The elements within."""
        ...

    def __len__(self) -> int:
        """How many there are."""
        ...


def local_name(name: str) -> str:
    """A name without its namespace: `{urn:x}id` and `x:id` are `id`."""
    return name.rpartition("}")[2].rpartition(":")[2]


def records(file: str, tag: str) -> Generator[Element, None, None]:
    """The outermost elements with a local name; each is emptied when the next one is asked for.

    Raises:
        UnreadableFileError: The file is not well-formed, declares entities, or has elements and none of them is a record.
    """
    options = {"resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False}
    with Path(file).open("rb") as stream:
        events = etree.iterparse(stream, events=("start", "end"), remove_comments=True, remove_pis=True, **options)
        try:
            yield from _records(file, tag, events)
        except etree.XMLSyntaxError as error:
            raise UnreadableFileError(file, f"is not well-formed XML ({_fault(error, events)}).") from error


def _fault(error: Any, events: Any) -> str:
    """libxml2's first complaint: what it says at the end is often only that there was one."""
    first = next(iter(events.error_log), None)
    return f"line {first.line}: {first.message}" if first else str(error.msg)


def _records(file: str, tag: str, events: Iterator[tuple[str, Any]]) -> Generator[Element, None, None]:
    inside = count = others = 0
    for event, element in events:
        if event == "start":
            if element.getparent() is None:
                _refuse_entities(file, element)
            inside += bool(inside) or local_name(element.tag) == tag
        elif inside > 1:
            inside -= 1
        else:
            if inside:
                inside = 0
                count += 1
                yield element
            else:
                others += element.getparent() is not None
            _forget(element)
    if others and not count:
        raise UnreadableFileError(file, f"has no element <{tag}> (metadata.options.rowTag), although it has other ones.")


def _refuse_entities(file: str, root: Any) -> None:
    declared = root.getroottree().docinfo.internalDTD
    names = [str(entity.name) for entity in declared.iterentities()] if declared is not None else []
    if names:
        fact = f"declares an entity ({names[0]}) in its DOCTYPE, which is not read: entities can open files or fill the memory."
        raise UnreadableFileError(file, fact)


def _forget(element: Any) -> None:
    """Free an element that has ended, and what stands before it."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
