"""Types: Starlake's own, then the project's `types/default.sl.yml`, then `types/types.sl.yml`; later ones win by name."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sl_assets.project.records import Primitive, Type
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place
from sl_assets.spec.read import Source, read_file
from sl_assets.spec.types import TypesFile, TypeSpec

_DDL: Mapping[str, str] = {
    "string": "VARCHAR",
    "variant": "JSON",
    "long": "BIGINT",
    "short": "SMALLINT",
    "byte": "TINYINT",
    "double": "DOUBLE",
    "decimal": "DECIMAL(38,9)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "struct": "STRUCT",
}
"""The column type of a primitive where its type names none."""

_DECIMAL = re.compile(r"\s*(\d{1,2})\s*,\s*(\d{1,2})\s*")
_WIDEST = 38
_DDL_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9_ ]*(\(\s*\d+\s*(,\s*\d+\s*)?\))?(\[\])?")
_INTEGER = r"[-|\+|0-9][0-9]*"
_NUMBER = r"[-+]?\d*\.?\d+[Ee]?[-+]?\d*"
_ISO = (
    "basic_iso_date",
    "iso_local_date",
    "iso_offset_date",
    "iso_date",
    "iso_local_date_time",
    "iso_offset_date_time",
    "iso_zoned_date_time",
    "iso_date_time",
    "iso_ordinal_date",
    "iso_week_date",
    "iso_instant",
    "rfc_1123_date_time",
)


def _built_in() -> Mapping[str, Type]:
    types = [
        Type("string", "string", ".*", "VARCHAR"),
        Type("variant", "variant", ".+", "JSON"),
        Type("integer", "long", _INTEGER, "INTEGER"),
        Type("int", "long", _INTEGER, "INTEGER"),
        Type("byte", "byte", ".", "TINYINT"),
        Type("short", "short", r"-?\d+", "SMALLINT"),
        Type("long", "long", r"-?\d+", "BIGINT"),
        Type("double", "double", _NUMBER, "DOUBLE"),
        Type("decimal", "decimal", _NUMBER, "DECIMAL(38,9)"),
        Type("boolean", "boolean", "(?i)true|yes|[y1]|t<-TF->(?i)false|no|[n0]|f", "BOOLEAN"),
        Type("date", "date", "yyyy-MM-dd", "DATE"),
        Type("timestamp", "timestamp", "yyyy-MM-dd HH:mm:ss", "TIMESTAMPTZ"),
        Type("struct", "struct", "", "STRUCT"),
        *(Type(name, "timestamp", name.upper(), "TIMESTAMPTZ") for name in _ISO),
    ]
    return MappingProxyType({one.name: one for one in types})


BUILT_IN_TYPES = _built_in()
"""The types every project has."""


def read_types(metadata: Path, variables: Mapping[str, str], findings: Findings) -> Mapping[str, Type]:
    """All types of a project by name."""
    types = dict(BUILT_IN_TYPES)
    folder = metadata / "types"
    for name in ("default.sl.yml", "types.sl.yml"):
        read = read_file(folder / name, TypesFile, variables, findings) if (folder / name).is_file() else None
        if read is not None:
            for index, spec in enumerate(read.spec.types):
                types[spec.name] = _type(spec, read.source.below("types", index), findings)
    for file in sorted(folder.glob("*.sl.yml")):
        if file.name not in ("default.sl.yml", "types.sl.yml"):
            findings.warning(
                "SL113", Place(file), "", "is never read.", "Types belong in types/default.sl.yml or types/types.sl.yml."
            )
    return types


def _type(spec: TypeSpec, source: Source, findings: Findings) -> Type:
    primitive: Primitive = "long" if spec.primitive_type in ("int", "integer") else spec.primitive_type
    ddl = next((text for engine, text in spec.ddl_mapping.items() if engine.lower() == "duckdb"), "") or _DDL[primitive]
    if not _DDL_TEXT.fullmatch(ddl):
        findings.error(
            "SL205",
            source.place("ddlMapping"),
            source.subject("ddlMapping", "duckdb"),
            f'"{ddl}" is not the name of a column type.',
        )
        ddl = _DDL[primitive]
    if primitive == "decimal" and spec.zone is not None:
        ddl = _decimal(spec.zone, source, findings)
    return Type(spec.name, primitive, spec.pattern, ddl, spec.zone)


def _decimal(zone: str, source: Source, findings: Findings) -> str:
    match = _DECIMAL.fullmatch(zone)
    precision, scale = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
    if not 1 <= precision <= _WIDEST or scale > precision:
        fact = f'"{zone}" is not a precision and scale.'
        hint = f"Write precision,scale with 1 <= precision <= {_WIDEST} and scale <= precision, such as 10,2."
        findings.error("SL205", source.place("zone"), source.subject("zone"), fact, hint)
        return _DDL["decimal"]
    return f"DECIMAL({precision},{scale})"
