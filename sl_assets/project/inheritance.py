"""What a table inherits: its own `metadata` over its domain's over the application's, key by key.

A key wins as a whole: a table's `options` replace the domain's, they are not mixed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sl_assets.project.application import Application
from sl_assets.project.format_checks import check_encoding, check_options, check_positions, find_xsd
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


def read_format(
    metadata: Metadata, application: Application, attributes: Sequence[Attribute], findings: Findings, folder: Path
) -> Format:
    """The format of a table's files; SL110 for one that no loader reads yet. `folder` is the config folder."""
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
    check_encoding(spec.encoding, metadata.origin("encoding"), findings)
    if name == "POSITION":
        check_positions(attributes, findings)
    source = metadata.origins.get("options", metadata.fallback).below("options")
    if name is not None:
        check_options(name, spec.options, source, findings)
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
        xsd=find_xsd(options, source, folder, findings) if name == "XML" else None,
    )
