"""A SQL value for each file of a batch."""

from collections.abc import Mapping

from sl_assets.sql.text import quote_text


def by_file(values: Mapping[str, str]) -> str:
    """SQL of the value (SQL itself) of the file in `sl_file`; NULL for other files.

    A balanced tree over the file names: a year of daily files is nine comparisons deep, not 365.
    """
    return _choice(sorted(values.items(), key=lambda case: case[0].encode()))


def _choice(cases: list[tuple[str, str]]) -> str:
    if not cases:
        return "NULL"
    if len(cases) == 1:
        file, value = cases[0]
        return f"CASE WHEN sl_file = {quote_text(file)} THEN {value} END"
    middle = len(cases) // 2
    below, above = _choice(cases[:middle]), _choice(cases[middle:])
    return f"CASE WHEN sl_file < {quote_text(cases[middle][0])} THEN {below} ELSE {above} END"
