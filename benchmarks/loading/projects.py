"""The sl-assets projects that are loaded: one table of built-in types, or of types and attributes that cost more."""

from collections.abc import Mapping
from pathlib import Path

from loading.inputs import COLUMNS

APPLICATION = """
version: 1
application:
  connectionRef: duckdb
  connections:
    duckdb: {{type: jdbc, options: {{url: "jdbc:duckdb:{{{{SL_DATASETS}}}}/warehouse.duckdb"{limit}}}}}
"""
DOMAIN = 'version: 1\nload:\n  metadata: {directory: "{{SL_INCOMING}}/shop", format: DSV, separator: ","}\n'
TYPES = r"""
version: 1
types:
  - {name: customer, primitiveType: string, pattern: 'customer [0-9]{1,4}'}
  - {name: quantity, primitiveType: long, pattern: '[0-9]{1,5}'}
  - {name: price, primitiveType: double, pattern: '[0-9]{1,4}\.[0-9]{1,2}'}
"""
HEAVY: Mapping[str, str] = {
    "name": "type: customer, trim: BOTH",
    "qty": "type: quantity",
    "price": "type: price",
    "txt": "type: string, trim: BOTH, privacy: MD5",
}
"""Regular expressions, trims and privacy; with the script below, that is half of the columns."""
HEAVY_SCRIPT = "    - {name: year, type: int, script: year(day)}\n"
SAME_WORK = "* REPLACE (trim(name) AS name, md5(trim(txt)) AS txt), CAST(year(day) AS INTEGER) AS year"
"""What is left of it in the table, as one would write it by hand."""


def write_project(root: Path, *, heavy: bool = False, memory_limit: str = "") -> Path:
    """Write a project; returns its landing folder. `memory_limit` is DuckDB's, such as `1GB`."""
    table = root / "config" / "load" / "shop"
    table.mkdir(parents=True)
    limit = f", memory_limit: {memory_limit}" if memory_limit else ""
    (root / "config" / "application.sl.yml").write_text(APPLICATION.format(limit=limit))
    (table / "_config.sl.yml").write_text(DOMAIN)
    if heavy:
        (root / "config" / "types").mkdir()
        (root / "config" / "types" / "types.sl.yml").write_text(TYPES)
    plain = {name: f"type: {kind}" for name, (kind, _) in COLUMNS.items()}
    attributes = {**plain, **(HEAVY if heavy else {})}
    lines = "".join(f"    - {{name: {name}, {rest}}}\n" for name, rest in attributes.items()) + (HEAVY_SCRIPT if heavy else "")
    (table / "goods.sl.yml").write_text(f"version: 1\ntable:\n  name: goods\n  pattern: goods.*\n  attributes:\n{lines}")
    landing = root / "datasets" / "incoming" / "shop"
    landing.mkdir(parents=True)
    return landing
