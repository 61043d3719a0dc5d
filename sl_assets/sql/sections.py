"""`-- SL_PRESQL`, `-- SL_SQL` and `-- SL_POSTSQL`: the parts of a SQL file."""

import re
from dataclasses import dataclass

_MARK = re.compile(r"^[ \t]*--[ \t]*SL_(PRESQL|SQL|POSTSQL)[ \t]*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Sections:
    """A SQL file in parts. Each keeps the empty lines above it, so that its line numbers are the file's."""

    query: str
    presql: str = ""
    postsql: str = ""


def split_sections(text: str) -> Sections:
    r"""Split a SQL file at its section marks; without marks all of it is the query.

    Example:
        >>> split_sections("-- SL_PRESQL\nSET x = 1;\n-- SL_SQL\nSELECT 1").presql
        '\nSET x = 1;\n'
    """
    marks = list(_MARK.finditer(text))
    if not marks:
        return Sections(text)
    parts: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following.start() if following else len(text)
        lines = "\n" * text.count("\n", 0, mark.end())
        parts[mark.group(1).upper()] = lines + text[mark.end() : end]
    head = text[: marks[0].start()]
    query = parts.get("SQL", head)
    return Sections(query, parts.get("PRESQL", ""), parts.get("POSTSQL", ""))
