"""A query that failed, as a person reads it: line by line, the failing one marked."""

import re

_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)
_AROUND = 12
"""So many lines before and after the failing one are shown of a long query."""


def failing_line(error: str) -> int | None:
    r"""The line of the statement that DuckDB names in an error, from 1; None when it names none.

    Example:
        >>> failing_line("Binder Error: ...\n\nLINE 3: select nope\n               ^")
        3
    """
    found = _LINE.search(error)
    return int(found.group(1)) if found else None


def numbered(sql: str, failing: int | None) -> str:
    r"""The lines of a query with their numbers, and `>` before the one that failed; all of it when none is known.

    Example:
        >>> print(numbered("select a,\n  nope\nfrom t", 2))
          1 | select a,
        > 2 |   nope
          3 | from t
    """
    lines = sql.split("\n")
    if failing is None or not 0 < failing <= len(lines):
        return sql
    first, last = max(failing - _AROUND, 1), min(failing + _AROUND, len(lines))
    width = len(str(last))
    shown = [f"{'>' if number == failing else ' '} {number:>{width}} | {lines[number - 1]}" for number in range(first, last + 1)]
    return "\n".join([*(["  ..."] if first > 1 else []), *shown, *(["  ..."] if last < len(lines) else [])])
