"""Files of every format with one column of cells, and how plain Python reads them back."""

import csv
import gzip
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sl_assets.project.records import Format

Cells = Sequence[str | None]
WIDTH = 8


@dataclass(frozen=True)
class Way:
    """One format: `write` puts cells into a file, `read` gets them out of it again, without the code under test.

    `nulls`: whether the format's reader knows `nullValue`.
    """

    form: Format
    write: Callable[[Path, Cells], None]
    read: Callable[[Path], list[str | None]]
    nulls: bool = True


def write_dsv(path: Path, cells: Cells) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerows([["n", "a"], *([number, "" if cell is None else cell] for number, cell in enumerate(cells))])


def read_dsv(path: Path) -> list[str | None]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [row["a"] for row in csv.DictReader(stream, delimiter=";")]


def write_gzip(path: Path, cells: Cells) -> None:
    write_dsv(path, cells)
    path.write_bytes(gzip.compress(path.read_bytes()))


def read_gzip(path: Path) -> list[str | None]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return [row["a"] for row in csv.DictReader(stream, delimiter=";")]


def write_position(path: Path, cells: Cells) -> None:
    lines = [f"{number:<{WIDTH}}" + ("" if cell is None else f"{cell:<{WIDTH}}") for number, cell in enumerate(cells)]
    path.write_text("\n".join(["a header", *lines, ""]), encoding="utf-8")


def read_position(path: Path) -> list[str | None]:
    lines = path.read_text(encoding="utf-8").split("\n")[1:]
    return [line[WIDTH : 2 * WIDTH] or None for line in lines if line]


def write_json(path: Path, cells: Cells) -> None:
    rows = [{"n": number} | ({} if cell is None else {"a": cell}) for number, cell in enumerate(cells)]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")


def read_json(path: Path) -> list[str | None]:
    return [json.loads(line).get("a") for line in path.read_text(encoding="utf-8").split("\n") if line]


def write_parquet(path: Path, cells: Cells) -> None:
    columns = {"n": [str(number) for number in range(len(cells))], "a": pa.array(cells, pa.string()), "more": [1] * len(cells)}
    pq.write_table(pa.table(columns), path)


def read_parquet(path: Path) -> list[str | None]:
    return pq.read_table(path, columns=["a"]).to_pydict()["a"]


def write_xml(path: Path, cells: Cells) -> None:
    root = ET.Element("rows")
    for number, cell in enumerate(cells):
        row = ET.SubElement(root, "row", {"n": str(number)})
        ET.SubElement(row, "n").text = str(number)
        if cell is not None:
            ET.SubElement(row, "a").text = cell
    ET.ElementTree(root).write(path, encoding="utf-8")


def read_xml(path: Path) -> list[str | None]:
    return [row.findtext("a") for row in ET.parse(path).iterfind("row")]  # noqa: S314 - our own file


WAYS = {
    "DSV": Way(Format(), write_dsv, read_dsv),
    "DSV.gz": Way(Format(), write_gzip, read_gzip),
    "POSITION": Way(Format("POSITION"), write_position, read_position),
    "JSON": Way(Format("JSON"), write_json, read_json, nulls=False),
    "XML": Way(Format("XML", options={"rowTag": "row"}), write_xml, read_xml),
    "PARQUET": Way(Format("PARQUET"), write_parquet, read_parquet),
}


Lists = Sequence[Sequence[str] | None]


def write_json_lists(path: Path, lists: Lists) -> None:
    path.write_text("\n".join(json.dumps({} if each is None else {"a": list(each)}) for each in lists), encoding="utf-8")


def write_xml_lists(path: Path, lists: Lists) -> None:
    """XML has no empty list: it is the same as none."""
    root = ET.Element("rows")
    for each in lists:
        row = ET.SubElement(root, "row")
        for item in each or ():
            ET.SubElement(row, "a").text = item
    ET.ElementTree(root).write(path, encoding="utf-8")


def write_parquet_lists(path: Path, lists: Lists) -> None:
    pq.write_table(pa.table({"a": pa.array(lists, pa.list_(pa.string()))}), path)


LISTS = {"JSON": write_json_lists, "XML": write_xml_lists, "PARQUET": write_parquet_lists}
