"""Which types the values of a field may be given, likelier ones first, and what must hold besides the type's own rule.

A type's rule accepts more than is wise to guess: `long` reads the post code 01234 as 1234, `boolean` takes a column of ones.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sl_assets.project.records import Primitive, Type
from sl_assets.project.types import BUILT_IN_TYPES
from sl_assets.sql.text import quote_text
from sl_assets.validation.iso_dates import NAMED, PATTERNS
from sl_assets.validation.java_dates import layouts

FEW = 0.02
"""Up to this share of its values may be wrong, so that a type is named in a remark although it is not proposed."""

_SWAPPED = str.maketrans({"d": "M", "M": "d"})  # minutes are `m`
_WHOLE = "-?(?:0|[1-9][0-9]*)"
_FLOAT = rf"(?:{_WHOLE}(?:\.[0-9]+)?|-?\.[0-9]+)(?:[eE][-+]?[0-9]{{1,3}})?"
_MONEY = tuple(rf"{_WHOLE}\.[0-9]{{{scale}}}" for scale in (2, 3, 4))
_COMMA = rf"{_WHOLE}(?:,[0-9]+)?"
_DAY_NUMBER = "(?:19|20)[0-9]{6}"
_TWO_WORDS = ("(?i)true|false|yes|no", "(?i)[yn]", "(?i)[tf]")
_DATES = (
    *("yyyy/MM/dd", "yyyy.MM.dd", "dd/MM/yyyy", "MM/dd/yyyy", "dd-MM-yyyy", "MM-dd-yyyy", "dd.MM.yyyy"),
    *("d/M/yyyy", "M/d/yyyy", "d-M-yyyy", "M-d-yyyy", "d.M.yyyy"),
    *("dd MMM yyyy", "d MMM yyyy", "dd-MMM-yyyy", "MMM d, yyyy"),
)
_TIMES = ("HH:mm:ss", "HH:mm", "HH:mm:ss.SSS", "HH:mm:ss.SSSSSS", "H:mm", "H:mm:ss", "hh:mm:ss a", "h:mm a", "h:mm:ss a")
_DAYS = ("yyyy-MM-dd", "yyyy/MM/dd", "dd/MM/yyyy", "MM/dd/yyyy", "dd-MM-yyyy", "dd.MM.yyyy", "d/M/yyyy", "M/d/yyyy")
_TIMESTAMPS = (
    *(f"{day} {time}" for day in _DAYS for time in _TIMES),
    *("yyyy-MM-dd HH:mm:ssXXX", "yyyy-MM-dd HH:mm:ss.SSSXXX", "yyyy-MM-dd HH:mm:ss.SSSSSSXXX"),
)
_ISO = (
    *("timestamp", "iso_instant", "iso_offset_date_time", "iso_local_date_time", "iso_date_time", "iso_zoned_date_time"),
    "rfc_1123_date_time",
)
_COMMA_TYPE = Type("double_comma", "double", _COMMA, "DOUBLE", "fr_FR")
_DAY_NUMBER_TYPE = Type("date_yyyyMMdd", "date", "yyyyMMdd", "DATE")
_DAY_NUMBER_NOTE = "eight digits that all are days of the calendar; long fits as well"
_KEPT_AS_TEXT = {
    "[-+]?[0-9]+": "digits that are kept as text: leading zeros, a plus sign, or a number beyond 64 bits would not survive",
    r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?": "numbers that are kept as text: a double would not keep all their digits",
}


@dataclass(frozen=True)
class Candidate:
    """A type that values may be given.

    Attributes:
        type: The type.
        guard: A regular expression (RE2) that every value must match besides; empty: none.
        also: SQL of a further condition on the SQL of text and value; None: none.
        varied: Only where at least two different values occur.
        new: The project does not have this type yet.
        note: What a reader of the YAML should know when it is chosen.
    """

    type: Type
    guard: str = ""
    also: Callable[[str, str], str] | None = None
    varied: bool = False
    new: bool = False
    note: str = ""


def candidates_for(kind: str, types: Mapping[str, Type], separator: str = ";") -> tuple[Candidate, ...]:
    """The candidates for a kind of field (`formats.guess`) among the types of a project and a few that it could have.

    Args:
        kind: What the format tells of the values.
        types: The types of the project.
        separator: Of delimited text; where it is a comma, numbers have none.
    """
    makers: Mapping[str, Callable[[], Iterator[Candidate]]] = {
        "text": lambda: _of_text(types, separator),
        "quoted": lambda: _moments(types),
        "whole": lambda: _named(types, "long", "long"),
        "number": lambda: _doubles(types, exact=False),
        "boolean": lambda: _named(types, "boolean", "boolean"),
        "decimal": lambda: _named(types, "decimal", "decimal"),
        "date": lambda: _named(types, "date", "date"),
        "timestamp": lambda: _timestamps(types),
    }
    maker = makers.get(kind)
    return tuple(maker()) if maker else ()


def _named(types: Mapping[str, Type], name: str, primitive: Primitive, guard: str = "") -> Iterator[Candidate]:
    found = types.get(name)
    if found is not None and found.primitive == primitive:
        yield Candidate(found, guard)


def _of_text(types: Mapping[str, Type], separator: str) -> Iterator[Candidate]:
    yield from (replace(each, varied=True) for words in _TWO_WORDS for each in _named(types, "boolean", "boolean", words))
    yield from _named(types, "boolean", "boolean", "(?i)true|false")
    yield replace(_project_type(_DAY_NUMBER_TYPE, types), guard=_DAY_NUMBER, varied=True, note=_DAY_NUMBER_NOTE)
    yield from _named(types, "long", "long", _WHOLE)
    for money in _MONEY:
        yield from _named(types, "decimal", "decimal", money)
    yield from _doubles(types, exact=True)
    if separator != ",":
        yield replace(_project_type(_COMMA_TYPE, types), guard=_COMMA, also=_is_short, note="numbers with a decimal comma")
    yield from _moments(types)
    for guard, note in _KEPT_AS_TEXT.items():
        yield Candidate(types.get("string", BUILT_IN_TYPES["string"]), guard, note=note)


def _doubles(types: Mapping[str, Type], *, exact: bool) -> Iterator[Candidate]:
    for each in _named(types, "double", "double", _FLOAT):
        yield replace(each, also=_is_exact if exact else None)


def _is_exact(text: str, value: str) -> str:
    """SQL: a double keeps all digits of the text: there are 15 or less, or it is the very way a double is written."""
    written = f"replace(CAST({value} AS VARCHAR), 'e+', 'e')"
    return f"({_is_short(text, value)} OR {written} = replace(lower({text}), 'e+', 'e'))"


def _is_short(text: str, _value: str) -> str:
    """SQL: a number has 15 digits or less, so a double keeps them all."""
    mantissa = f"regexp_replace({text}, '[eE].*$', '')"
    return rf"length(regexp_replace(regexp_replace({mantissa}, '^[-0.,]*', ''), '[.,]', '')) <= 15"


def _moments(types: Mapping[str, Type]) -> Iterator[Candidate]:
    own = [kind for kind in types.values() if BUILT_IN_TYPES.get(kind.name) != kind]
    yield from _named(types, "date", "date")
    yield from (Candidate(kind) for kind in own if kind.primitive == "date" and kind.pattern != "yyyyMMdd")
    yield from (_project_type(kind, types) for kind in _new("date", _DATES))
    yield from _timestamps(types)
    yield from (Candidate(kind) for kind in own if kind.primitive == "timestamp" and not kind.pattern.startswith("EPOCH"))
    yield from (_project_type(kind, types) for kind in _new("timestamp", _TIMESTAMPS))


def _timestamps(types: Mapping[str, Type]) -> Iterator[Candidate]:
    for name in _ISO:
        yield from (replace(each, also=_has_microseconds) for each in _named(types, name, "timestamp"))


def _has_microseconds(text: str, _value: str) -> str:
    return rf"NOT regexp_matches({text}, '\.[0-9]{{7}}')"


def _new(primitive: Primitive, patterns: tuple[str, ...]) -> Iterator[Type]:
    for pattern in patterns:
        name = re.sub("[^A-Za-z]+", "_", f"{primitive}_{pattern}")
        yield Type(name, primitive, pattern, "DATE" if primitive == "date" else "TIMESTAMPTZ")


def _project_type(kind: Type, types: Mapping[str, Type]) -> Candidate:
    """The project's own type that means the same, else the new one; not under a name that means something else."""
    meaning = (kind.primitive, kind.pattern, kind.zone)
    same = next((each for each in types.values() if (each.primitive, each.pattern, each.zone) == meaning), None)
    if same is not None:
        return Candidate(same)
    names = (kind.name, *(f"{kind.name}_{number}" for number in range(2, len(types) + 3)))
    return Candidate(replace(kind, name=next(name for name in names if name not in types)), new=True)


def could_fit(candidate: Candidate, texts: Sequence[str]) -> bool:
    """Whether a candidate is worth asking the engine about: by their shape, it takes nearly all of some values.

    There are a hundred ways to write a date, and each costs the engine an expression; this leaves the one or two in question.
    """
    shapes = [re.compile(shape) for shape in (candidate.guard, _shape_of_moment(candidate.type)) if shape]
    misfits = (text for text in texts if not all(shape.fullmatch(text) for shape in shapes))
    return sum(1 for _ in islice(misfits, int(FEW * len(texts)) + 1)) <= FEW * len(texts)


def _shape_of_moment(kind: Type) -> str:
    """A regular expression that every text of a date type matches; empty where none is known."""
    if kind.primitive not in ("date", "timestamp"):
        return ""
    named = NAMED.get(kind.pattern.upper())
    if named is not None:
        return "|".join(f"(?:{shape})" for shape in (named.local, named.zoned) if shape)
    written = PATTERNS.get(kind.pattern.upper(), (kind.pattern,))
    try:
        return "|".join(f"(?:{way.regex})" for pattern in written for way in layouts(pattern))
    except ValueError:  # EPOCH_MILLI and other names
        return ""


def likeliest(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates that most often settle the matter: the first that needs no variety, and its twin (day and month swapped)."""
    first = next((number for number, each in enumerate(candidates) if not each.varied), len(candidates) - 1)
    chosen = candidates[: first + 1]
    twins = {swapped(each.type) for each in chosen}
    return (*chosen, *(each for each in candidates[first + 1 :] if each.type.pattern in twins))


def swapped(kind: Type) -> str:
    """A date pattern with day and month exchanged; empty where that makes no other pattern."""
    if kind.primitive not in ("date", "timestamp") or kind.pattern.upper() in {*NAMED, *PATTERNS} or "MMM" in kind.pattern:
        return ""
    exchanged = kind.pattern.translate(_SWAPPED)
    return exchanged if exchanged != kind.pattern else ""


def is_sure(candidate: Candidate) -> bool:
    """Whether the type's own cheap proof (`ScalarRule.surely`) implies the further conditions."""
    return candidate.also is None and candidate.guard in ("", _WHOLE)


def guarded(candidate: Candidate, text: str, value: str) -> list[str]:
    """SQL conditions of a candidate besides the rule of its type."""
    conditions = [f"regexp_full_match({text}, {quote_text(candidate.guard)})"] if candidate.guard else []
    return conditions + ([candidate.also(text, value)] if candidate.also else [])
