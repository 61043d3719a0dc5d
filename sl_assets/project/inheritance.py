"""What a table inherits: its own `metadata` over its domain's over the application's, key by key.

A key wins as a whole: a table's `options` replace the domain's, they are not mixed.
"""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sl_assets.project.application import Application
from sl_assets.project.records import Attribute, Format, FormatName
from sl_assets.spec.findings import Findings
from sl_assets.spec.metadata import MetadataSpec
from sl_assets.spec.read import Source

_HONOURED: Mapping[str, FormatName] = {
    "DSV": "DSV",
    "POSITION": "POSITION",
    "FIXED": "POSITION",
    "JSON": "JSON",
    "JSON_ARRAY": "JSON",
    "JSON_FLAT": "JSON_FLAT",
    "PARQUET": "PARQUET",
    "XML": "XML",
}
_OPTIONS: Mapping[FormatName, tuple[str, ...]] = {"POSITION": ("skipRows",), "PARQUET": (), "XML": ("rowTag",)}
"""The options a reader knows. DSV and JSON are not among the keys: theirs are not checked here."""
_REFUSED = frozenset({("XML", "rowValidationXSDPath"), ("PARQUET", "format")})
"""Options without which the wrong rows would be loaded."""


@dataclass(frozen=True)
class Metadata:
    """Merged metadata; `origins` says for each written key (in YAML's spelling) which file it is from."""

    spec: MetadataSpec
    origins: Mapping[str, Source]
    fallback: Source

    def origin(self, key: str) -> Source:
        """Where the value of `key` is written; the table's metadata when nobody wrote it."""
        found = self.origins.get(key)
        return found.below(key) if found else self.fallback


def merge_metadata(below: MetadataSpec, source: Source, above: Metadata | None = None) -> Metadata:
    """Put one level over the one above it."""
    written = below.model_fields_set
    fields = type(below).model_fields
    origins = {fields[name].alias or name: source for name in written}
    if above is None:
        return Metadata(below, origins, source)
    spec = above.spec.model_copy(update={name: getattr(below, name) for name in written})
    return Metadata(spec, {**above.origins, **origins}, source)


def read_format(metadata: Metadata, application: Application, attributes: Sequence[Attribute], findings: Findings) -> Format:
    """The format of a table's files; SL110 for one that no loader reads yet, SL109 for an option that its reader lacks."""
    spec = metadata.spec
    name = _HONOURED.get(spec.format)
    if name is None:
        origin = metadata.origin("format")
        findings.error(
            "SL110",
            origin.place(),
            origin.subject(),
            f'"{spec.format}" is not supported yet.',
            f"Supported: {', '.join(_HONOURED)}.",
        )
    _check_encoding(spec.encoding, metadata.origin("encoding"), findings)
    if name == "POSITION":
        _check_positions(attributes, findings)
    if name is not None and name in _OPTIONS:
        _check_options(name, metadata, findings)
    options = {**application.spec.dsv_options, **spec.options} if name in (None, "DSV") else spec.options
    empty_is_null = spec.empty_is_null if "emptyIsNull" in metadata.origins else application.spec.empty_is_null
    return Format(
        name=name or "DSV",
        encoding=spec.encoding,
        with_header=spec.with_header,
        separator=spec.separator,
        quote=spec.quote,
        escape=spec.escape,
        array=spec.array,
        multiline=spec.multiline,
        null_value=spec.null_value,
        empty_is_null=empty_is_null,
        options=options,
    )


def _check_positions(attributes: Sequence[Attribute], findings: Findings) -> None:
    for attribute in attributes:
        if attribute.script is None and attribute.position is None:
            hint = "Write position: {first, last}, counted from 0, both included."
            subject = f"attributes[{attribute.source}].position"
            findings.error("SL218", attribute.place, subject, "is missing, and the format is POSITION.", hint)


def _check_options(name: FormatName, metadata: Metadata, findings: Findings) -> None:
    options = metadata.spec.options
    source = metadata.origins.get("options", metadata.fallback).below("options")
    if name == "XML" and not options.get("rowTag", "").strip():
        hint = "Format XML needs it: the name of the element that is a record."
        findings.error("SL106", source.place("rowTag"), source.subject("rowTag"), "is missing.", hint)
    known = _OPTIONS[name]
    hint = f"Supported: {', '.join(known)}." if known else ""
    for key in options:
        if (name, key) in _REFUSED:
            findings.error("SL110", source.place(key), source.subject(key), "is not supported yet.", hint)
        elif key not in known:
            findings.warning("SL109", source.place(key), source.subject(key), "is not supported yet, ignored.", hint)


def _check_encoding(name: str, origin: Source, findings: Findings) -> None:
    try:
        codecs.lookup(name)
    except LookupError:
        hint = "Write one such as UTF-8, ISO-8859-1 or windows-1252."
        findings.error("SL108", origin.place(), origin.subject(), f'"{name}" is not an encoding.', hint)
