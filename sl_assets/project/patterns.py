"""Java's regular expressions on file names -> Python's."""

import re

_GROUP = re.compile(r"\(\?<(?=[A-Za-z])")
_BACK = re.compile(r"\\k<([A-Za-z]\w*)>")
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|$)", re.DOTALL)
_CLASSES = {
    r"\p{Alpha}": "[A-Za-z]",
    r"\p{Digit}": "[0-9]",
    r"\p{Alnum}": "[A-Za-z0-9]",
    r"\p{Lower}": "[a-z]",
    r"\p{Upper}": "[A-Z]",
}

_SURELY_ONE = re.compile(r"(?:(?:[A-Za-z0-9_ -]|\\[.dwsDWS]|\.)(?:[*+?]|\{[0-9]{1,3}\})?)*")
"""What most file names need, which is a regular expression without being compiled: thousands of tables make that a second."""


def python_pattern(java: str) -> str:
    r"""A Java pattern for `re.fullmatch`.

    Raises:
        re.error: It is no regular expression, or one that Python cannot do.

    Example:
        >>> python_pattern(r"orders_(?<day>\d+)\.csv")
        'orders_(?P<day>\\d+)\\.csv'
    """
    text = _QUOTED.sub(lambda match: re.escape(match.group(1)), java)
    text = _BACK.sub(r"(?P=\1)", _GROUP.sub("(?P<", text))
    for name, plain in _CLASSES.items():
        text = text.replace(name, plain)
    if not _SURELY_ONE.fullmatch(text):
        re.compile(text)
    return text
