"""Java's ISO constants (`ISO_LOCAL_DATE`, ...) and the other named formats, as texts that DuckDB's casts read."""

from dataclasses import dataclass

from sl_assets.validation.java_dates import DAY, HOUR, MINUTE, MONTH, YEAR, Layout

_DATE = f"{YEAR}-{MONTH}-{DAY}"
_SECONDS = rf"{MINUTE}(?:\.\d{{1,9}})?"
_TIME = f"{HOUR}:{MINUTE}(?::{_SECONDS})?"
_OFFSET = rf"(?:Z|[+-](?:0\d|1[0-8]):{MINUTE}(?::{MINUTE})?)"
_ZONE = r"(?:\[[A-Za-z][\w/+-]*\])"


@dataclass(frozen=True)
class Named:
    """Regular expressions of the texts a named format takes: local ones, and ones with an offset from UTC."""

    local: str | None = None
    zoned: str | None = None


NAMED = {
    "ISO_LOCAL_DATE": Named(_DATE),
    "ISO_LOCAL_DATE_TIME": Named(f"{_DATE}[Tt]{_TIME}"),
    "ISO_OFFSET_DATE_TIME": Named(None, f"{_DATE}[Tt]{_TIME}{_OFFSET}"),
    "ISO_ZONED_DATE_TIME": Named(None, f"{_DATE}[Tt]{_TIME}{_OFFSET}{_ZONE}?"),
    "ISO_DATE_TIME": Named(f"{_DATE}[Tt]{_TIME}", f"{_DATE}[Tt]{_TIME}{_OFFSET}{_ZONE}?"),
    "ISO_INSTANT": Named(None, f"{_DATE}[Tt]{HOUR}:{MINUTE}:{_SECONDS}[Zz]"),
}
"""Formats that differ only in what must be there; DuckDB's casts read them all."""

PATTERNS = {
    "BASIC_ISO_DATE": ("yyyyMMdd[XX]",),
    "ISO_OFFSET_DATE": ("yyyy-MM-ddXXX",),
    "ISO_DATE": ("yyyy-MM-dd[XXX]",),
    "ISO_ORDINAL_DATE": ("yyyy-DDD[XXX]",),
    "RFC_1123_DATE_TIME": ("[EEE, ]d MMM yyyy HH:mm[:ss] Z", "[EEE, ]d MMM yyyy HH:mm[:ss] O"),
}
"""Formats that Java patterns say."""

ISO_WEEK = (Layout(rf"{YEAR}-W(?:0[1-9]|[1-4]\d|5[0-3])-[1-7]", "%G-W%V-%u"),)
"""`ISO_WEEK_DATE`."""
