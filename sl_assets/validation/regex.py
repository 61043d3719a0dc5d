r"""Java regular expressions as RE2's, the ones DuckDB runs.

The two agree on most of the language. What RE2 spells otherwise is rewritten (`\s`, `\h`, `\R`, `\Z`, `\uXXXX`, `\p{Alpha}`,
named groups); what it cannot do (look-around, back-references, possessive quantifiers, class intersection) is refused by name.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from sl_assets.sql.text import quote_text

_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": "\\x00-\\x7F",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": "!-/:-@\\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": " \\t",
    "Cntrl": "\\x00-\\x1F\\x7F",
    "XDigit": "0-9a-fA-F",
    "Space": " \\t\\n\\x0B\\f\\r",
}
_WHITE = {"s": _POSIX["Space"], "h": " \\t\\x{A0}\\x{1680}\\x{180e}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}"}
_TOKEN = re.compile(
    r"""(?P<quoted>\\Q(?P<literal>.*?)(?:\\E|$))
    |(?P<property>\\(?P<sign>[pP])\{(?P<name>\w+)\})
    |(?P<unicode>\\u(?P<hex>[0-9a-fA-F]{4}))
    |(?P<escape>\\(?P<letter>.))
    |(?P<refused>\(\?<?[=!]|\(\?>|[*+?}]\+|&&|\(\?[a-zA-Z]*[xdu])
    |(?P<named>\(\?<[a-zA-Z]\w*>)
    |(?P<open>\[\^?)|(?P<close>\])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE = re.compile(
    r"""(?:(?:\[\^?(?:[\w .,:;/@%+&!=\#~*?()$-]|\\[dws.\\/+*-])+\]  # one character of a class,
    |\\[dwsDWS]|\\[.\\/+*?()\[\]{}|^$-]|\.|[\w\ @:;,/%&=\#~!"'<>-])  # of a kind, or this very one,
    (?:[*+?]|\{\d+(?:,\d*)?\})?)*""",  # as often as it goes
    re.VERBOSE,
)
"""One character after the other, each repeated greedily: here the first match that is found is also the longest one from there.

Without alternatives and groups, taking more at one place never makes the rest end earlier; so such a pattern covers a text
exactly when it matches all of it, which RE2 tells several times as fast as where the first match ends."""


def to_re2(pattern: str) -> str:
    r"""The RE2 spelling of a Java pattern: `(?<y>\d{4})\s` -> `(\d{4})[ \t\n\x0B\f\r]`.

    Raises:
        ValueError: It uses what RE2 lacks; the message says what.
    """
    parts: list[str] = []
    depth = 0
    for match in _TOKEN.finditer(pattern):
        kind = _kind(match)
        if kind == "open":
            if depth:
                raise ValueError("has a character class within a character class, which DuckDB's regular expressions (RE2) lack")
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
        parts.append(_rewritten(kind, match, in_class=depth > 0 and kind != "open"))
    return "".join(parts)


def checked(spelled: str) -> str:
    """The pattern itself, once RE2 has taken it.

    Raises:
        ValueError: RE2's own words.
    """
    try:
        pc.match_substring_regex(pa.array([""]), spelled)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    except ValueError as error:  # pyarrow has an RE2 of its own, so that a pattern can be tried without a database
        raise ValueError(f"is no regular expression: {str(error).rpartition('regex: ')[2]}") from error
    return spelled


def _kind(match: re.Match[str]) -> str:
    kinds = ("quoted", "property", "unicode", "escape", "refused", "named", "open", "close", "other")
    return next(kind for kind in kinds if match[kind] is not None)


def _rewritten(kind: str, match: re.Match[str], *, in_class: bool) -> str:
    if kind == "quoted":
        return re.escape(match["literal"])
    if kind == "property":
        return _property(match["sign"], match["name"], in_class=in_class)
    if kind == "unicode":
        return f"\\x{{{match['hex']}}}"
    if kind == "escape":
        return _escape(match["letter"], in_class=in_class)
    if kind == "refused" and not (in_class and match[0] != "&&"):
        raise ValueError(f"uses {match[0]!r}, which DuckDB's regular expressions (RE2) lack")
    return "(" if kind == "named" else match[0]


def _property(sign: str, name: str, *, in_class: bool) -> str:
    if name not in _POSIX:
        return f"\\{sign}{{{name.removeprefix('Is')}}}"
    if in_class and sign == "P":
        raise ValueError(f"negates {name} within a character class, which DuckDB's regular expressions (RE2) lack")
    return _POSIX[name] if in_class else f"[{'^' if sign == 'P' else ''}{_POSIX[name]}]"


def _escape(letter: str, *, in_class: bool) -> str:
    if letter in "kGX" or letter in "123456789":
        raise ValueError(f"uses '\\{letter}', which DuckDB's regular expressions (RE2) lack")
    if letter in _WHITE:
        return _WHITE[letter] if in_class else f"[{_WHITE[letter]}]"
    spelled = {"R": "(?:\\r\\n|[\\n\\x0B\\f\\r\\x{85}\\x{2028}\\x{2029}])", "Z": "(?:\\n?\\z)", "e": "\\x1B", "S": None}
    if letter == "S" and not in_class:
        return f"[^{_WHITE['s']}]"
    return spelled.get(letter) or f"\\{letter}"


def covered(text: str, pattern: str) -> str:
    """Starlake's rule as SQL: the first match of the pattern in the text is all of it.

    That is not the same as "the pattern matches all of it": `a|ab` finds `a` in `ab`. A dot matches line breaks unless the
    pattern begins with `(?`.

    Args:
        text: SQL of the text.
        pattern: A Java regular expression.

    Raises:
        ValueError: As `to_re2`.
    """
    if pattern in {".*", "(?s).*"}:
        return "true"
    if pattern == ".+":
        return f"{text} <> ''"
    spelled = to_re2(pattern)
    dotted = spelled if pattern.startswith("(?") else f"(?s){spelled}"
    quoted = quote_text(checked(dotted))
    if _SIMPLE.fullmatch(pattern):
        return f"regexp_full_match({text}, {quoted})"
    return f"(regexp_extract({text}, {quoted}, 0) = {text} AND ({text} <> '' OR regexp_matches('', {quoted})))"


def fully(text: str, pattern: str) -> str:
    """SQL: the Java pattern matches all of the text."""
    return f"regexp_full_match({text}, {quote_text(checked(to_re2(pattern)))})"
