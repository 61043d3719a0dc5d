"""What a table inherits: its own `metadata` over its domain's over the application's, key by key.

A key wins as a whole: a table's `options` replace the domain's, they are not mixed.
"""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass

from sl_assets.project.application import Application
from sl_assets.project.records import Format, FormatName
from sl_assets.spec.findings import Findings
from sl_assets.spec.metadata import MetadataSpec
from sl_assets.spec.read import Source

_HONOURED: Mapping[str, FormatName] = {"DSV": "DSV", "JSON": "JSON", "JSON_ARRAY": "JSON", "JSON_FLAT": "JSON_FLAT"}


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


def read_format(metadata: Metadata, application: Application, findings: Findings) -> Format:
    """The format of a table's files; SL110 for one that no loader reads yet."""
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


def _check_encoding(name: str, origin: Source, findings: Findings) -> None:
    try:
        codecs.lookup(name)
    except LookupError:
        hint = "Write one such as UTF-8, ISO-8859-1 or windows-1252."
        findings.error("SL108", origin.place(), origin.subject(), f'"{name}" is not an encoding.', hint)
