"""When one column type holds every value of another, unchanged: the only change of type that is made without being asked.

The rules are those of Iceberg and Delta tables: a value of the old type is *equal* to itself in the new one, so that keys still
match. That is why nothing but texts becomes text: 7 and "007" would be two keys.
"""

from dataclasses import dataclass

from duckdb.sqltypes import DuckDBPyType

from sl_assets.sql.text import quote_name

_SIGNED = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64, "hugeint": 128}
_UNSIGNED = {"utinyint": 8, "usmallint": 16, "uinteger": 32, "ubigint": 64, "uhugeint": 128}
_MANTISSA = {"float": 24, "double": 53}  # bits of a whole number that is exact
_WIDEST = 38  # digits of a DECIMAL
_ZONED = "timestamp with time zone"  # the midnight of a date is that of the project's timezone
_MOMENTS = {"date": {"timestamp", _ZONED}, "timestamp_s": {"timestamp"}, "timestamp_ms": {"timestamp"}}


@dataclass(frozen=True)
class Clash:
    """Two types of which neither holds the other. `path` names the field inside the column, from a dot on; `hint` a way out."""

    path: str
    before: str
    after: str
    hint: str = ""


def common_type(before: DuckDBPyType, after: DuckDBPyType, path: str = "") -> str | Clash:
    """The type that holds the values of both: one of the two, or a struct of both their fields.

    Args:
        before: What the table has. Its order of fields is kept, and so are fields that only it has.
        after: What is to be written.
        path: Where inside the column these types stand.

    Example:
        >>> import duckdb
        >>> common_type(duckdb.sqltype("INTEGER"), duckdb.sqltype("BIGINT"))
        'BIGINT'
        >>> common_type(duckdb.sqltype("STRUCT(a INTEGER)"), duckdb.sqltype("STRUCT(b DATE)"))
        'STRUCT("a" INTEGER, "b" DATE)'
    """
    if str(before) == str(after):
        return str(before)
    if before.id == after.id and before.id in _NESTED:
        return _NESTED[before.id](before, after, path)
    if _holds(after, before):
        return str(after)
    if _holds(before, after):
        return str(before)
    return Clash(path, str(before), str(after), _decimal_for_both(before, after))


def _common_struct(before: DuckDBPyType, after: DuckDBPyType, path: str) -> str | Clash:
    new = {name.lower(): (name, kind) for name, kind in _fields(after).items()}
    found: list[tuple[str, str]] = []
    for name, kind in _fields(before).items():
        _, other = new.pop(name.lower(), (name, kind))
        common = common_type(kind, other, f"{path}.{name}")
        if isinstance(common, Clash):
            return common
        found.append((name, common))
    found += [(name, str(kind)) for name, kind in new.values()]
    return f"STRUCT({', '.join(f'{quote_name(name)} {kind}' for name, kind in found)})"


def _common_list(before: DuckDBPyType, after: DuckDBPyType, path: str) -> str | Clash:
    inner = common_type(_child(before, "child"), _child(after, "child"), f"{path}[]")
    return inner if isinstance(inner, Clash) else f"{inner}[]"


def _common_map(before: DuckDBPyType, after: DuckDBPyType, path: str) -> str | Clash:
    parts: list[str] = []
    for part in ("key", "value"):
        common = common_type(_child(before, part), _child(after, part), f"{path}.{part}")
        if isinstance(common, Clash):
            return common
        parts.append(common)
    return f"MAP({', '.join(parts)})"


_NESTED = {"struct": _common_struct, "list": _common_list, "map": _common_map}


def _fields(kind: DuckDBPyType) -> dict[str, DuckDBPyType]:
    return {name: child for name, child in kind.children if isinstance(child, DuckDBPyType)}


def _child(kind: DuckDBPyType, name: str) -> DuckDBPyType:
    return _fields(kind)[name]


def _holds(wide: DuckDBPyType, narrow: DuckDBPyType) -> bool:
    """Whether every value of `narrow` is a value of `wide`, equal to itself."""
    if narrow.id == "decimal":
        return _holds_decimal(wide, narrow)
    if narrow.id in _SIGNED or narrow.id in _UNSIGNED:
        return _holds_integer(wide, narrow)
    if narrow.id == "float":
        return wide.id == "double"
    if str(wide) == "VARCHAR":
        return str(narrow) == "JSON" or narrow.id == "enum"
    return wide.id in _MOMENTS.get(narrow.id, ())


def _holds_integer(wide: DuckDBPyType, narrow: DuckDBPyType) -> bool:
    signed = narrow.id in _SIGNED
    bits = _SIGNED[narrow.id] - 1 if signed else _UNSIGNED[narrow.id]  # those of the number, without its sign
    if wide.id in _SIGNED:
        return bits <= _SIGNED[wide.id] - 1
    if wide.id in _UNSIGNED:
        return not signed and bits <= _UNSIGNED[wide.id]
    if wide.id in _MANTISSA:
        return bits <= _MANTISSA[wide.id]
    return wide.id == "decimal" and _digits(wide)[0] >= len(str(2**bits))


def _holds_decimal(wide: DuckDBPyType, narrow: DuckDBPyType) -> bool:
    whole, scale = _digits(narrow)
    if wide.id == "decimal":
        wide_whole, wide_scale = _digits(wide)
        return whole <= wide_whole and scale <= wide_scale
    return scale == 0 and wide.id in _SIGNED and 10**whole <= 2 ** (_SIGNED[wide.id] - 1)


def _digits(kind: DuckDBPyType) -> tuple[int, int]:
    """Digits before and behind the point of a DECIMAL."""
    found = {name: value for name, value in kind.children if isinstance(value, int)}
    return found["precision"] - found["scale"], found["scale"]


def _decimal_for_both(before: DuckDBPyType, after: DuckDBPyType) -> str:
    if not before.id == after.id == "decimal":
        return ""
    whole, scale = (max(each) for each in zip(_digits(before), _digits(after), strict=True))
    return f"DECIMAL({whole + scale},{scale}) would hold both." if whole + scale <= _WIDEST else ""
