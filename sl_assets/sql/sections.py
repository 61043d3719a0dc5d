"""`-- SL_PRESQL`, `-- SL_SQL` and `-- SL_POSTSQL`: the parts of a SQL file."""

import re
from dataclasses import dataclass

_MARK = re.compile(r"^[ \t]*--[ \t]*SL_(PRESQL|SQL|POSTSQL)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_DEFINITIONS = re.compile(
    r"""(?:
        \s
        | --[^\n]*(?:\n|$)
        | \{\#.*?\#\}
        | \{%[-+]?\s*set\s[^%]*?=.*?%\}
        | \{%[-+]?\s*set\s[^%=]*%\}.*?\{%[-+]?\s*endset\s*[-+]?%\}
        | \{%[-+]?\s*macro\s.*?\{%[-+]?\s*endmacro\s*[-+]?%\}
    )*""",
    re.DOTALL | re.VERBOSE,
)
"""What a file may begin with that gives no text: values and macros of its own."""


@dataclass(frozen=True)
class Sections:
    """A SQL file in parts. Each keeps the lines above it, empty or with definitions, so that its line numbers are the file's."""

    query: str
    presql: str = ""
    postsql: str = ""


def split_sections(text: str) -> Sections:
    r"""Split a SQL file at its section marks; without marks all of it is the query.

    What stands above the first mark belongs to the query, as in Starlake; the values and macros that the file begins with
    (`{% set %}`, `{% macro %}`) belong to every part.

    Example:
        >>> split_sections("-- SL_PRESQL\nSET x = 1;\n-- SL_SQL\nSELECT 1").presql
        '\nSET x = 1;\n'
    """
    marks = list(_MARK.finditer(text))
    if not marks:
        return Sections(text)
    head = text[: marks[0].start()]
    found = _DEFINITIONS.match(head)
    common = head[: found.end()] if found else ""
    parts = {"SQL": head}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        name = mark.group(1).upper()
        above = head if name == "SQL" else common
        body = text[mark.end() : following.start() if following else len(text)]
        lines = "\n" * (text.count("\n", 0, mark.end()) - above.count("\n"))
        parts[name] = above + lines + body if body.strip() or name == "SQL" else ""
    return Sections(parts["SQL"], parts.get("PRESQL", ""), parts.get("POSTSQL", ""))
