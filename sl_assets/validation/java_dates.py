"""Java `DateTimeFormatter` patterns as a regular expression (which texts) and a strptime format (what they mean).

strptime alone is too kind (`%d` takes one digit or two), the regular expression alone does not know the calendar; together they
are Java's rule, but for two things done more strictly: 30 February is refused where Java makes it the 29th, and so is hour 24.
"""

import re
from dataclasses import dataclass

YEAR = r"(?:[1-9]\d{3}|0[1-9]\d{2}|00[1-9]\d|000[1-9])"
MONTH = r"(?:0[1-9]|1[0-2])"
DAY = r"(?:0[1-9]|[12]\d|3[01])"
HOUR = r"(?:[01]\d|2[0-3])"
MINUTE = r"[0-5]\d"

_FULL_MONTHS = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_MONTHS = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAYS = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_FULL_DAYS = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_OFFSET = r"[+-](?:0\d|1[0-8])"

_FIELDS = {
    "yyyy": (YEAR, "%Y"),
    "uuuu": (YEAR, "%Y"),
    "y": (YEAR, "%Y"),
    "u": (YEAR, "%Y"),
    "yy": (r"\d{2}", "%Y"),
    "uu": (r"\d{2}", "%Y"),
    "M": (r"(?:0?[1-9]|1[0-2])", "%m"),
    "MM": (MONTH, "%m"),
    "MMM": (_MONTHS, "%b"),
    "MMMM": (_FULL_MONTHS, "%B"),
    "d": (r"(?:0?[1-9]|[12]\d|3[01])", "%d"),
    "dd": (DAY, "%d"),
    "D": (r"\d{1,3}", "%j"),
    "DDD": (r"\d{3}", "%j"),
    "H": (r"(?:[01]?\d|2[0-3])", "%H"),
    "HH": (HOUR, "%H"),
    "h": (r"(?:0?[1-9]|1[0-2])", "%I"),
    "hh": (r"(?:0[1-9]|1[0-2])", "%I"),
    "m": (r"[0-5]?\d", "%M"),
    "mm": (MINUTE, "%M"),
    "s": (r"[0-5]?\d", "%S"),
    "ss": (MINUTE, "%S"),
    "a": ("(?:AM|PM)", "%p"),
    "E": (_DAYS, "%a"),
    "EE": (_DAYS, "%a"),
    "EEE": (_DAYS, "%a"),
    "EEEE": (_FULL_DAYS, "%A"),
    "x": (rf"{_OFFSET}(?:{MINUTE})?", "%z"),
    "xx": (rf"{_OFFSET}{MINUTE}", "%z"),
    "xxx": (rf"{_OFFSET}:{MINUTE}", "%z"),
    "X": (rf"(?:Z|{_OFFSET}(?:{MINUTE})?)", "%z"),
    "XX": (rf"(?:Z|{_OFFSET}{MINUTE})", "%z"),
    "XXX": (rf"(?:Z|{_OFFSET}:{MINUTE})", "%z"),
    "Z": (rf"{_OFFSET}{MINUTE}", "%z"),
    "ZZ": (rf"{_OFFSET}{MINUTE}", "%z"),
    "ZZZ": (rf"{_OFFSET}{MINUTE}", "%z"),
    "O": ("GMT", "%Z"),
    "z": (r"[A-Za-z][\w/+-]*", "%Z"),
    "VV": (r"[A-Za-z][\w/+-]*", "%Z"),
}
_MOST_DIGITS = 9
_MOST_VARIANTS = 16
_TOKEN = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<letters>([A-Za-z])\3*)|(?P<open>\[)|(?P<close>\])|(?P<other>.)", re.DOTALL)


@dataclass(frozen=True)
class Layout:
    """One way a date may be written.

    Attributes:
        regex: The texts.
        strptime: What they mean.
        zoned: The text names an offset or a zone: its value is an instant.
        utc: The offset may be written `Z`, which strptime does not read.
        before_short_year: Regular expression of what stands before a two-digit year; None: there is none.
    """

    regex: str
    strptime: str
    zoned: bool = False
    utc: bool = False
    before_short_year: str | None = None


def layouts(pattern: str) -> tuple[Layout, ...]:
    """The ways a Java pattern allows, those with more of its optional sections first.

    Raises:
        ValueError: A letter without a translation, or brackets that do not close.
    """
    return tuple(_layout(variant) for variant in _variants(pattern))


def _variants(pattern: str) -> tuple[str, ...]:
    section = _first_section(pattern)
    if section is None:
        return (pattern,)
    start, end = section
    head, inside, tail = pattern[:start], pattern[start + 1 : end], pattern[end + 1 :]
    found = tuple(dict.fromkeys((*_variants(head + inside + tail), *_variants(head + tail))))
    if len(found) > _MOST_VARIANTS:
        raise ValueError("has too many optional sections")
    return found


def _first_section(pattern: str) -> tuple[int, int] | None:
    start, depth = -1, 0
    for token in _TOKEN.finditer(pattern):
        if token["open"]:
            start, depth = (token.start() if depth == 0 else start), depth + 1
        elif token["close"]:
            depth -= 1
            if depth == 0:
                return start, token.start()
            if depth < 0:
                break
    if depth:
        raise ValueError("has brackets that do not match")
    return None


def _layout(pattern: str) -> Layout:
    regex, strptime, before = "", "", None
    for token in _TOKEN.finditer(pattern):
        letters = token["letters"]
        if letters:
            part, directive = _field(letters)
            if letters in {"yy", "uu"}:
                before = regex
        else:
            literal = "'" if token["quoted"] == "" else (token["quoted"] or token["other"] or "").replace("''", "'")
            part, directive = re.escape(literal), literal.replace("%", "%%")
        regex, strptime = regex + part, strptime + directive
    zoned = "%z" in strptime or "%Z" in strptime
    return Layout(regex, strptime, zoned, "(?:Z|" in regex, before)


def _field(letters: str) -> tuple[str, str]:
    if set(letters) == {"S"} and len(letters) <= _MOST_DIGITS:
        return rf"\d{{{len(letters)}}}", "%n" if len(letters) > 6 else "%f"  # noqa: PLR2004
    field = _FIELDS.get(letters)
    if field is None:
        raise ValueError(f"has {letters!r}, which is not supported. Allowed letters: y u M d D H h m s S a E X x Z z V")
    return field
