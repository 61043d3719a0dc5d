"""Whole rows written in every format, and how plain Python reads them back with their lines, without the code under test.

A row is a mapping of names to cells: a text, None (not there), a list of texts (`many`) or a mapping (`inner`). `Junk` is a
record that the format's reader must refuse.
"""

import csv
import gzip
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sl_assets.project.records import Format

Row = Mapping[str, Any]
FLAT = ("a", "b", "c", "d")
WIDTH = 10


@dataclass(frozen=True)
class Junk:
    """A record that is none: `rule` is what the reader says of it."""

    rule: str


Record = tuple[int, "Row | Junk"]


@dataclass(frozen=True)
class RowWay:
    """One format.

    Attributes:
        form: How a table of such files is described.
        write: Puts rows and junk into a file.
        read: The records of a file with their lines.
        nested: Whether rows may have lists and structs.
        nulls: Whether the reader knows `nullValue`: nowhere, at the top, or within lists and structs too.
        junk: The kinds of records that are none.
        breaks: Whether a cell may hold a line break.
    """

    form: Format
    write: Callable[[Path, Sequence[Row | Junk]], None]
    read: Callable[[Path], list[Record]]
    nested: bool = False
    nulls: str = "top"
    junk: tuple[str, ...] = ()
    breaks: bool = False


def write_dsv(path: Path, rows: Sequence[Row | Junk], encoding: str = "utf-8") -> None:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(FLAT)
        for number, row in enumerate(rows):
            if number % 3 == 2:
                stream.write("\n")  # a blank line is no record
            if isinstance(row, Junk):
                writer.writerow(["x"] * (len(FLAT) + 2))
            else:
                writer.writerow(["" if row[name] is None else row[name] for name in FLAT])


def read_dsv(path: Path, encoding: str = "utf-8") -> list[Record]:
    return list(_dsv_records(path.read_bytes().decode(encoding)))


def _dsv_records(text: str) -> Iterator[Record]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=";")
    names = next(reader)
    line = reader.line_num + 1
    for cells in reader:
        if len(cells) > len(names):
            yield line, Junk("too many columns")
        elif cells:
            yield line, dict(zip(names, cells, strict=True))
        line = reader.line_num + 1


def write_gzip(path: Path, rows: Sequence[Row | Junk]) -> None:
    write_dsv(path, rows)
    path.write_bytes(gzip.compress(path.read_bytes()))


def read_gzip(path: Path) -> list[Record]:
    return list(_dsv_records(gzip.decompress(path.read_bytes()).decode()))


def write_position(path: Path, rows: Sequence[Row | Junk]) -> None:
    lines = [b"a header"]
    for row in rows:
        if isinstance(row, Junk):
            lines.append(b"x\xffx")
        else:
            text = "".join(f"{row[name] or '':<{WIDTH}}" for name in FLAT)
            lines.append((text.rstrip() if row[FLAT[-1]] is None else text).encode())
    path.write_bytes(b"\n".join([*lines, b""]))


def read_position(path: Path) -> list[Record]:
    lines = enumerate(path.read_bytes().split(b"\n"), start=1)
    return [(number, _cut(line)) for number, line in lines if line and number > 1]


def _cut(line: bytes) -> Row | Junk:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return Junk("encoding")
    return {name: text[at * WIDTH : (at + 1) * WIDTH] or None for at, name in enumerate(FLAT)}


def _filled(row: Row | Junk) -> Row:
    assert not isinstance(row, Junk)
    return {name: cell for name, cell in row.items() if cell is not None}


def write_json_lines(path: Path, rows: Sequence[Row | Junk]) -> None:
    texts = (json.dumps(_filled(row), ensure_ascii=bool(number % 2)) for number, row in enumerate(rows))
    path.write_text("\n".join(f"\n{text}" if len(text) % 3 == 0 else text for text in texts), encoding="utf-8", newline="")


def read_json_lines(path: Path) -> list[Record]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [(number, json.loads(line)) for number, line in enumerate(lines, start=1) if line]


def write_json_array(path: Path, rows: Sequence[Row | Junk]) -> None:
    texts = (json.dumps(_filled(row), indent=1 if number % 2 else None) for number, row in enumerate(rows))
    path.write_text("[\n" + ",\n".join(texts) + "\n]", encoding="utf-8")


def read_json_array(path: Path) -> list[Record]:
    text = path.read_text(encoding="utf-8")
    lines = [number for number, line in enumerate(text.split("\n"), start=1) if line.startswith("{")]
    return list(zip(lines, json.loads(text), strict=True))


def write_xml(path: Path, rows: Sequence[Row | Junk]) -> None:
    pieces = ["<?xml version='1.0' encoding='UTF-8'?>\n<rows>"]
    for row in rows:
        element = ET.Element("row")
        for name, cell in _filled(row).items():
            _append(element, name, cell)
        pieces.append(ET.tostring(element, encoding="unicode"))
    path.write_text("\n".join([*pieces, "</rows>"]), encoding="utf-8", newline="")


def _append(parent: ET.Element, name: str, cell: Any) -> None:
    for each in cell if isinstance(cell, list) else [cell]:
        child = ET.SubElement(parent, name)
        if isinstance(each, Mapping):
            for inner, text in each.items():
                if text is not None:
                    _append(child, inner, text)
        else:
            child.text = each


def read_xml(path: Path) -> list[Record]:
    lines = [n for n, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1) if line.startswith("<row>")]
    lines += [n for n, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1) if line.startswith("<row />")]
    rows = ET.parse(path).iterfind("row")  # noqa: S314 - our own file
    return list(zip(sorted(lines), (_of_xml(row) for row in rows), strict=True))


def _of_xml(row: ET.Element) -> Row:
    found: dict[str, Any] = {name: child.text or "" for name in FLAT if (child := row.find(name)) is not None}
    many = [child.text or "" for child in row.findall("many")]
    inner = row.find("inner")
    held = {child.tag: child.text or "" for child in inner} if inner is not None else {}
    return found | ({"many": many} if many else {}) | ({"inner": held} if held else {})


def write_parquet(path: Path, rows: Sequence[Row | Junk]) -> None:
    cells = [_filled(row) for row in rows]
    kinds: dict[str, Any] = {name: pa.string() for name in FLAT}
    kinds |= {"many": pa.list_(pa.string()), "inner": pa.struct([("x", pa.string()), ("y", pa.string())])}
    columns = {name: pa.array([row.get(name) for row in cells], kind) for name, kind in kinds.items()}
    pq.write_table(pa.table(columns), path, row_group_size=7)


def read_parquet(path: Path) -> list[Record]:
    return list(enumerate(pq.read_table(path).to_pylist(), start=1))


def write_cp1252(path: Path, rows: Sequence[Row | Junk]) -> None:
    write_dsv(path, rows, "cp1252")


def read_cp1252(path: Path) -> list[Record]:
    return read_dsv(path, "cp1252")


MANY = ("too many columns",)
ROW_WAYS = {
    "DSV": RowWay(Format(), write_dsv, read_dsv, junk=MANY, breaks=True),
    "DSV.gz": RowWay(Format(), write_gzip, read_gzip, junk=MANY),
    "DSV in windows-1252": RowWay(Format(encoding="windows-1252"), write_cp1252, read_cp1252, junk=MANY, breaks=True),
    "JSON": RowWay(Format("JSON"), write_json_lines, read_json_lines, nested=True, nulls="none", breaks=True),
    "JSON array": RowWay(Format("JSON", array=True), write_json_array, read_json_array, nested=True, nulls="none", breaks=True),
    "POSITION": RowWay(Format("POSITION"), write_position, read_position, junk=("encoding",)),
    "XML": RowWay(Format("XML", options={"rowTag": "row"}), write_xml, read_xml, nested=True, nulls="within", breaks=True),
    "PARQUET": RowWay(Format("PARQUET"), write_parquet, read_parquet, nested=True, breaks=True),
}
