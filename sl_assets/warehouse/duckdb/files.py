"""Files that a task reads by itself, as a relation of DuckDB."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from sl_assets.project.recipe import FileFormatName, Scalar
from sl_assets.sql.text import quote_text

_READERS: Mapping[FileFormatName, tuple[str, Mapping[str, Scalar]]] = MappingProxyType(
    {
        "CSV": ("read_csv", {"union_by_name": True}),
        "JSON_LINES": ("read_json", {"format": "newline_delimited", "union_by_name": True}),
        "PARQUET": ("read_parquet", {"union_by_name": True}),
    }
)
_GLOB = str.maketrans({"[": "[[]", "*": "[*]", "?": "[?]"})


def read_files(kind: FileFormatName, files: Sequence[Path], options: Mapping[str, Scalar] = MappingProxyType({})) -> str:
    """A SELECT over files, columns by name; a character that is a pattern to DuckDB stands for itself."""
    name, fixed = _READERS[kind]
    paths = ", ".join(quote_text(literal_path(file)) for file in files)
    given = "".join(f", {option} = {_literal(value)}" for option, value in {**fixed, **options}.items())
    return f"SELECT * FROM {name}([{paths}]{given})"


def literal_path(path: Path) -> str:
    """A path in which no character is a pattern to DuckDB."""
    return str(path).translate(_GLOB)


def _literal(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else quote_text(str(value))
