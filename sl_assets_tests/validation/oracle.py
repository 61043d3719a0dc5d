"""Starlake's rules for one cell, in plain Python, row by row: what the SQL must agree with.

Written from the rules, not from the SQL: a cell is a text (or None) and becomes a value, or a fault named by its rule.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from sl_assets.project.records import Type

_RANGES = {"BIGINT": 63, "INTEGER": 31, "SMALLINT": 15, "TINYINT": 7}
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIMESTAMP = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2}) ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})")


@dataclass(frozen=True)
class Verdict:
    """The value of an accepted cell, or the rule it broke."""

    value: object = None
    rule: str | None = None


def judge(kind: Type, text: str | None) -> Verdict:
    """What becomes of a cell of a built-in type."""
    if text is None:
        return Verdict()
    judges = {"long": _whole, "short": _whole, "byte": _whole, "double": _double, "decimal": _decimal, "boolean": _boolean}
    judges |= {"date": _date, "timestamp": _timestamp}
    judge_one = judges.get(kind.primitive)
    return Verdict(text) if judge_one is None else judge_one(kind, text)


def first_match_is_all(pattern: str, text: str) -> bool:
    """Find, then compare lengths; a dot matches line breaks unless the pattern sets its own flags."""
    flags = re.ASCII if pattern.startswith("(?") else re.ASCII | re.DOTALL
    match = re.search(pattern, text, flags)
    return match is not None and len(match[0]) == len(text)


def _whole(kind: Type, text: str) -> Verdict:
    if not first_match_is_all(kind.pattern, text):
        return Verdict(rule="pattern")
    if not re.fullmatch("[-+]?[0-9]+", text):
        return Verdict(rule="cast")
    bound = 2 ** _RANGES[kind.ddl]
    return Verdict(int(text)) if -bound <= int(text) < bound else Verdict(rule="cast")


def _double(kind: Type, text: str) -> Verdict:
    if not first_match_is_all(kind.pattern, text):
        return Verdict(rule="pattern")
    if not _NUMBER.fullmatch(text) or math.isinf(float(text)):
        return Verdict(rule="cast")
    return Verdict(float(text))


def _decimal(kind: Type, text: str) -> Verdict:
    if not first_match_is_all(kind.pattern, text):
        return Verdict(rule="pattern")
    precision, scale = (int(part) for part in re.findall("[0-9]+", kind.ddl))
    if not _NUMBER.fullmatch(text):
        return Verdict(rule="cast")
    try:
        value = Decimal(text).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, Context(prec=200))
    except InvalidOperation:
        return Verdict(rule="cast")
    bound = Decimal(10) ** (precision - scale)
    return Verdict(value) if -bound < value < bound else Verdict(rule="cast")


def _boolean(kind: Type, text: str) -> Verdict:
    true, false = (re.compile(part, re.ASCII) for part in kind.pattern.split("<-TF->"))
    bare = text.strip("".join(chr(code) for code in range(33)))
    if true.fullmatch(bare):
        return Verdict(value=True)
    return Verdict(value=False) if false.fullmatch(bare) else Verdict(rule="pattern")


def _date(_kind: Type, text: str) -> Verdict:
    match = _DATE.fullmatch(text)
    try:
        return Verdict(date(*(int(part) for part in match.groups()))) if match else Verdict(rule="pattern")
    except ValueError:
        return Verdict(rule="pattern")


def _timestamp(_kind: Type, text: str) -> Verdict:
    match = _TIMESTAMP.fullmatch(text)
    try:
        return Verdict(datetime(*(int(part) for part in match.groups()), tzinfo=UTC)) if match else Verdict(rule="pattern")
    except ValueError:
        return Verdict(rule="pattern")
