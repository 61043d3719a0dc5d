"""From the names of files to the name of a table and the pattern that claims its files; from field names to column names."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from sl_assets.project.names import RESERVED

_PACKED = re.compile(r"\.(?:gz|gzip|zst|zstd|bz2)$", re.IGNORECASE)
_TAIL = re.compile(r"(?:[._ -]+[0-9][0-9A-Za-z]*)+$|(?<=[A-Za-z_])[0-9]{4,}(?:[._ -]+[0-9][0-9A-Za-z]*)*$")
_HEAD = re.compile(r"^[0-9]{4,}(?:[._ -]+[0-9][0-9A-Za-z]*)*[._ -]+(?=.*[A-Za-z])")
_TOKEN = re.compile(r"[0-9]+|[^0-9]+")
_SPECIAL = re.compile(r"([\\.^$|?*+()\[\]{}])")
_LONG_RUN = 4
_MARKS = frozenset("_-. TZ")


def group_by_table(names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """File names by the name of the table they seem to belong to: `orders_20240101.csv` and `orders_20240102.csv` to `orders`."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(table_name(name), []).append(name)
    return {table: tuple(files) for table, files in groups.items()}


def table_name(file: str) -> str:
    """The table a file seems to be for: its name without extension, date and number.

    Example:
        >>> table_name("orders_2024-01-01.csv.gz"), table_name("Order Lines.csv"), table_name("2024.json")
        ('orders', 'order_lines', 't_2024')
    """
    _, base, _, _ = _parts(file)
    name = identifier(base, "").lower() or identifier(f"t_{base}", "table").lower()
    return f"{name}_table" if name in RESERVED else name


def pattern_of(files: Sequence[str]) -> str:
    r"""A Java regular expression for names such as these, as narrow as the dates and numbers in them allow.

    Example:
        >>> pattern_of(["orders_20240101.csv"]), pattern_of(["orders_1.csv", "orders_22.csv"]), pattern_of(["orders.csv"])
        ('orders_[0-9]{8}\\.csv', 'orders_[0-9]+\\.csv', 'orders\\.csv')
    """
    heads, bases, tails, ends = zip(*(_parts(file) for file in files), strict=True)
    unique = tuple(dict.fromkeys(bases))
    base = _escaped(unique[0]) if len(unique) == 1 else f"(?:{'|'.join(_escaped(each) for each in sorted(unique))})"
    endings = sorted(set(ends))
    end = _escaped(endings[0]) if len(endings) == 1 else f"(?:{'|'.join(_escaped(each) for each in endings)})"
    return f"{_varying(heads)}{base}{_varying(tails)}{end}"


def has_varying_name(file: str) -> bool:
    """Whether a date or a number in the name of a file tells it from the next one for the same table."""
    head, _, tail, _ = _parts(file)
    return bool(head or tail)


def column_names(fields: Sequence[str]) -> Mapping[str, str]:
    """Field -> name of its column; letters, digits and underscores only, none twice (letter case apart)."""
    taken: set[str] = set()
    names: dict[str, str] = {}
    plain = {field.casefold() for field in fields if identifier(field, "") == field}
    for number, field in enumerate(fields, start=1):
        wanted = identifier(field, f"column_{number}")
        others = plain - ({field.casefold()} if wanted == field else set())
        name = next(each for each in _numbered(wanted) if each.casefold() not in taken | others)
        taken.add(name.casefold())
        names[field] = name
    return names


def identifier(text: str, otherwise: str) -> str:
    """A text as the name of a column or table; `otherwise` where nothing usable is in it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        return f"{text}_" if text.lower().startswith("sl_") else text
    name = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_").lower()
    if not re.search(r"[a-z]", name):
        return otherwise
    return name if name[0].isalpha() else f"n_{name}"


def _numbered(name: str) -> Iterable[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


def _parts(file: str) -> tuple[str, str, str, str]:
    """A name as what varies in front, what stays, what varies behind, and the extension."""
    packed = _PACKED.search(file)
    plain = file[: packed.start()] if packed else file
    stem, dot, extension = plain.rpartition(".")
    if not dot or not stem or not extension.isalnum() or extension[0].isdigit():
        stem, dot, extension = plain, "", ""
    end = dot + extension + (packed.group() if packed else "")
    tail = _TAIL.search(stem)
    base, behind = (stem[: tail.start()], tail.group()) if tail and re.search("[A-Za-z]", stem[: tail.start()]) else (stem, "")
    head = _HEAD.match(base)
    return (head.group(), base[head.end() :], behind, end) if head else ("", base, behind, end)


def _varying(texts: Sequence[str]) -> str:
    shapes = [_TOKEN.findall(text) for text in texts]
    if len({len(shape) for shape in shapes}) > 1:
        return ".*"
    columns = list(zip(*shapes, strict=True))
    digits = [all(token.isdecimal() for token in column) for column in columns]
    marks = [len(set(column)) == 1 and set(column[0]) <= _MARKS for column in columns]
    if not all(digit or mark for digit, mark in zip(digits, marks, strict=True)):
        return ".*" if any(texts) else ""
    runs = [column for column, digit in zip(columns, digits, strict=True) if digit]
    fixed = bool(runs) and len(runs[0][0]) >= _LONG_RUN and all(len({len(token) for token in run}) == 1 for run in runs)
    return "".join(
        (f"[0-9]{{{len(column[0])}}}" if fixed else "[0-9]+") if digit else _escaped(column[0])
        for column, digit in zip(columns, digits, strict=True)
    )


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
