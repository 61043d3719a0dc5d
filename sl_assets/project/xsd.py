"""The XSD that the records of an XML table must obey (`options.rowValidationXSDPath`), with all that it includes.

Nothing is fetched and nothing outside the config folder is opened: every document is looked at before libxml2 sees it.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from lxml import etree as _etree  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

from sl_assets.project.records import Xsd

_etree_of = cast("Any", _etree)
_XS = "{http://www.w3.org/2001/XMLSchema}"
_REFERENCES = (f"{_XS}include", f"{_XS}import", f"{_XS}redefine", f"{_XS}override")


_RELATIVE = "Paths are relative: that of the XSD to the config folder, one within an XSD to its own."


class XsdError(ValueError):
    """An XSD that cannot be used; the text is one sentence without the path of the XSD itself, `hint` another or nothing."""

    def __init__(self, fact: str, hint: str = "") -> None:
        super().__init__(fact)
        self.hint = hint


def read_xsd(text: str, folder: Path, tag: str) -> Xsd:
    """The XSD at a path, checked and compiled once.

    Args:
        text: The path as written, relative to the config folder.
        folder: The config folder; whatever the XSD includes must be in it too.
        tag: The name of the records, which the XSD must declare; empty: nobody has told.

    Raises:
        XsdError: It cannot be used.
    """
    path = folder / text
    found = _documents(path, folder.resolve())
    declared = {str(each.get("name")) for document in found.values() for each in document.getroot().iterchildren(f"{_XS}element")}
    if tag and tag not in declared:
        fact = f"declares no element <{tag}>, which is a record (metadata.options.rowTag)."
        raise XsdError(fact, f"It declares: {', '.join(sorted(declared)) or 'none'}.")
    hashed = hashlib.sha256()
    for each in sorted(found):
        hashed.update(each.read_bytes())
    xsd = Xsd(path, folder, hashed.hexdigest())
    compile_xsd(xsd)
    return xsd


def compile_xsd(xsd: Xsd) -> Any:
    """The validator of an XSD, as lxml has it.

    Raises:
        XsdError: A document is missing, outside the config folder, or no XSD.
    """
    documents = _documents(xsd.path, xsd.folder.resolve())
    try:
        return _etree_of.XMLSchema(documents[xsd.path.resolve()])
    except _etree_of.XMLSchemaParseError as error:
        raise XsdError(f"is not a valid XSD ({_first(error.error_log)}).") from error


def _documents(path: Path, folder: Path) -> dict[Path, Any]:
    """The document at a path and all that it refers to, by resolved path."""
    found: dict[Path, Any] = {}
    waiting = [(path.resolve(), "")]
    while waiting:
        each, reference = waiting.pop()
        if each in found:
            continue
        if not each.is_relative_to(folder):
            fact = f"{reference or 'is'} outside the config folder, where an XSD and all that it includes must be."
            raise XsdError(fact, _RELATIVE)
        found[each] = _parse(each, reference)
        waiting += [(target, f"refers to {location}, which is") for location, target in _references(found[each], each)]
    return found


def _parse(path: Path, reference: str) -> Any:
    parser = _etree_of.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        document = _etree_of.parse(str(path), parser)
    except OSError as error:
        raise XsdError(f"{reference or 'is'} not there, or cannot be read.", _RELATIVE) from error
    except _etree_of.XMLSyntaxError as error:
        raise XsdError(f"{reference or 'is'} not well-formed XML ({_first(parser.error_log)}).") from error
    if document.docinfo.internalDTD is not None:
        raise XsdError(f"{reference or 'is'} a document with a DOCTYPE, which is not read: it could declare entities.")
    if document.getroot().tag != f"{_XS}schema":
        raise XsdError(f"{reference or 'is'} no XSD: its root is <{document.getroot().tag}>, not <xs:schema>.")
    return document


def _references(document: Any, path: Path) -> Iterator[tuple[str, Path]]:
    for element in document.getroot().iterchildren(*_REFERENCES):
        location = element.get("schemaLocation")
        if location is None:
            continue
        if ":" in location:
            hint = "Put a copy beside it and write that one's name as schemaLocation."
            raise XsdError(f"refers to {location}, and nothing is fetched.", hint)
        yield location, (path.parent / location).resolve()


def _first(log: Any) -> str:
    return next((f"line {each.line}: {each.message}" for each in log), "nobody says why")
