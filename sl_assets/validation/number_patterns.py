r"""Patterns of number types that match nothing but numbers, so that the type's rule need not be asked beside them.

Most are of this kind: `[0-9]{1,5}`, `-?\d+\.\d{2}`.
"""

import re

_DIGIT = r"(?:\\d|\[0-9\])"
_TIMES = r"(?:\+|\{[1-9][0-9]*(?:,[0-9]*)?\})?"
_SIGN = r"(?:-\??|\[(?:-|\+|-\+|\+-)\]\??)?"
_POINT = r"(?:\\\.|\[\.\])"
_DIGITS = re.compile(rf"{_DIGIT}(?P<times>{_TIMES})")
_WHOLE = re.compile(rf"{_SIGN}{_DIGIT}{_TIMES}")
_NUMBER = re.compile(rf"{_SIGN}{_DIGIT}{_TIMES}(?:{_POINT}{_DIGIT}{_TIMES})?")


def lengths_of_digits(pattern: str) -> tuple[int, int | None] | None:
    r"""Of a pattern of digits and nothing else how many it wants, at least and at most; None: it is another pattern.

    `[0-9]{1,5}` -> (1, 5); `\d+` -> (1, None).
    """
    match = _DIGITS.fullmatch(pattern)
    if match is None:
        return None
    times = match["times"]
    if times in {"", "+"}:
        return (1, None if times else 1)
    low, comma, high = times.strip("{}").partition(",")
    return int(low), (int(high) if high else None) if comma else int(low)


def is_whole(pattern: str) -> bool:
    """Whether whatever a pattern matches is digits, with a sign or none."""
    return _WHOLE.fullmatch(pattern) is not None


def is_number(pattern: str) -> bool:
    """Whether whatever a pattern matches is digits with or without a decimal point between them, with a sign or none."""
    return _NUMBER.fullmatch(pattern) is not None
