"""Whether delimited files begin with a header, and whether its names can tell the columns apart."""

import re
from collections.abc import Sequence

_VALUE = re.compile(
    r"[-+]?(?:\d[\d_., ]*)(?:[eE][-+]?\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?|true|false|yes|no|null|na|n/a|nan|\\n",
    re.IGNORECASE,
)
_TEMPLATE = ("{{", "{%", "{#", "${")
_RESERVED = "sl_file"  # a reading's own column
_Record = tuple[str, ...]


def has_header(files: Sequence[Sequence[_Record]]) -> bool:
    """Whether the first record of every file is a header; `files` has the first records of each.

    A header has no empty name between names, no name twice, and nothing that looks like a number, a date or a boolean. Where
    all values are text too, a first record none of whose cells comes again in its column is taken for one.
    """
    return all(_has_header(records) for records in files if records)


def _has_header(records: Sequence[_Record]) -> bool:
    first, *rest = records
    cells = [cell.strip() for cell in first]
    if not any(cells) or any(_VALUE.fullmatch(cell) for cell in cells):
        return False
    named = [cell.casefold() for cell in cells if cell]
    if len(set(named)) < len(named):
        return any(_VALUE.fullmatch(cell.strip()) for record in rest for cell in record)
    below = [{record[number].strip() for record in rest if number < len(record)} for number in range(len(cells))]
    return not any(cell and cell in column for cell, column in zip(cells, below, strict=True))


def plain_names(names: Sequence[str]) -> bool:
    """Whether columns can be told apart by these names, and YAML can say them: a template would be read as one."""
    folded = [name.strip().casefold() for name in names]
    strange = any(mark in name for name in names for mark in _TEMPLATE) or not all(name.isprintable() for name in names)
    return all(folded) and len(set(folded)) == len(folded) and not strange and _RESERVED not in folded
