"""What can be wrong with how a table's files are written down: encoding, positions, the options of its format."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sl_assets.project.encodings import COMMON, codec_of
from sl_assets.project.records import Attribute, FormatName, Xsd
from sl_assets.project.xsd import XsdError, read_xsd
from sl_assets.spec.findings import Findings, allowed, suggest
from sl_assets.spec.read import Source

_OPTIONS: Mapping[FormatName, tuple[str, ...]] = {
    "POSITION": ("skipRows", "positionUnit"),
    "PARQUET": (),
    "XML": ("rowTag", "rowValidationXSDPath"),
}
"""The options a reader knows. DSV and JSON are not among the keys: theirs are not checked here."""
_REFUSED = frozenset({("PARQUET", "format")})
"""Options without which the wrong rows would be loaded."""
_UNITS = ("characters", "bytes")


def check_encoding(name: str, origin: Source, findings: Findings) -> None:
    """SL108 for a name that no encoding has."""
    if codec_of(name) is None:
        hint = " ".join(part for part in (suggest(name, COMMON), f"Write one such as {', '.join(COMMON)}.") if part)
        findings.error("SL108", origin.place(), origin.subject(), f'"{name}" is not an encoding.', hint)


def check_positions(attributes: Sequence[Attribute], findings: Findings) -> None:
    """SL218 for an attribute of fixed-width files that has no position."""
    for attribute in attributes:
        if attribute.script is None and attribute.position is None:
            hint = "Write position: {first, last}, counted from 0, both included."
            subject = f"attributes[{attribute.source}].position"
            findings.error("SL218", attribute.place, subject, "is missing, and the format is POSITION.", hint)


def check_options(name: FormatName, options: Mapping[str, str], source: Source, findings: Findings) -> None:
    """SL106, SL108, SL109 or SL110 for options that are missing, wrong or not known to the reader."""
    if name not in _OPTIONS:
        return
    if name == "XML" and not options.get("rowTag", "").strip():
        hint = "Format XML needs it: the name of the element that is a record."
        findings.error("SL106", source.place("rowTag"), source.subject("rowTag"), "is missing.", hint)
    unit = options.get("positionUnit", _UNITS[0])
    if name == "POSITION" and unit.strip().lower() not in _UNITS:
        place, subject = source.place("positionUnit"), source.subject("positionUnit")
        findings.error("SL108", place, subject, f'"{unit}" is unknown.', allowed(_UNITS, unit))
    known = _OPTIONS[name]
    hint = f"Supported: {', '.join(known)}." if known else ""
    for key in options:
        if (name, key) in _REFUSED:
            findings.error("SL110", source.place(key), source.subject(key), "is not supported yet.", hint)
        elif key not in known:
            findings.warning("SL109", source.place(key), source.subject(key), "is not supported by this engine, ignored.", hint)


def find_xsd(options: Mapping[str, str], source: Source, metadata: Path, findings: Findings) -> Xsd | None:
    """The XSD of an XML table; SL225 for one that cannot be used, None without one.

    Args:
        options: `metadata.options`.
        source: Where they are written.
        metadata: The config folder, to which a path is relative.
        findings: Takes what is wrong.
    """
    text = options.get("rowValidationXSDPath", "").strip()
    if not text:
        return None
    tag = options.get("rowTag", "").strip().strip("<>").rpartition(":")[2]
    try:
        return read_xsd(text, metadata, tag)
    except XsdError as error:
        key = "rowValidationXSDPath"
        findings.error("SL225", source.place(key), source.subject(key), f'"{text}" {error}', error.hint)
    return None
