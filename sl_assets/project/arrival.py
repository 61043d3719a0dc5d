"""How files arrive: how long one must have been left alone, and how much may come out of one that is packed."""

import re
from collections.abc import Mapping
from datetime import timedelta

from sl_assets.project.records import UnpackLimits
from sl_assets.project.schedules import parse_duration
from sl_assets.spec.application import UnpackSpec
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Source

HARMLESS = 64 * 2**20
"""Bytes that may come out of any file, however small it is: the ratio is not asked before."""

_UNITS: Mapping[str, int] = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?B)?", re.IGNORECASE)
_ZERO = re.compile(r"0+\s*[a-z]*")


def read_quiet_period(text: str | None, source: Source, findings: Findings) -> timedelta:
    """`quietPeriod:` as a duration, 0 when it is not written; SL230 for what is none. `source` is the key itself."""
    if text is None or _ZERO.fullmatch(text.strip().lower()):
        return timedelta(0)
    duration = parse_duration(text)
    if duration is None:
        hint = "Write a number and a unit, such as 10s or 2 minutes; 0s takes files as soon as they are seen."
        findings.error("SL230", source.place(), source.subject(), f'"{text}" is not a duration.', hint)
    return duration or timedelta(0)


def read_unpack_limits(spec: UnpackSpec, source: Source, findings: Findings) -> UnpackLimits:
    """`unpack:` of the application; SL230 for a size that is none. `source` is the block."""
    size = parse_size(spec.max_size) if spec.max_size is not None else UnpackLimits.size
    if size is None:
        fact = f'"{spec.max_size}" is not a size.'
        hint = "Write a number of bytes, or a number and one of KB, MB, GB, TB, such as 500 GB."
        findings.error("SL230", source.place("maxSize"), source.subject("maxSize"), fact, hint)
        size = UnpackLimits.size
    return UnpackLimits(size, spec.max_ratio, spec.max_entries)


def parse_size(text: str) -> int | None:
    """A size in bytes; None when it is none, or zero.

    Example:
        >>> parse_size("1.5 GB")
        1500000000
    """
    match = _SIZE.fullmatch(text.strip())
    return int(float(match.group(1)) * _UNITS[(match.group(2) or "B").upper()]) or None if match else None


def size_text(size: int) -> str:
    """A size for people, in units of 1000 as `maxSize` is written.

    Example:
        >>> size_text(1_234_567)
        '1.2 MB'
    """
    unit = next((name for name in ("TB", "GB", "MB", "KB") if size >= _UNITS[name]), "B")
    return f"{size} B" if unit == "B" else f"{size / _UNITS[unit]:.1f} {unit}"


def most_unpacked(packed: int, limits: UnpackLimits) -> int:
    """How many bytes may come out of a file of `packed` bytes."""
    return min(limits.size, max(HARMLESS, packed * limits.ratio))


def too_much(packed: int, limits: UnpackLimits) -> str:
    """The sentence about a file out of which more comes than `most_unpacked`."""
    most = most_unpacked(packed, limits)
    if most == limits.size:
        reason, key = f"more than {size_text(most)}", "unpack.maxSize"
    else:
        reason, key = f"more than {limits.ratio} times its own size ({size_text(packed)})", "unpack.maxRatio"
    return (
        f"unpacks to {reason}, which looks like an attack or a mistake. "
        f"Hint: if it is neither, raise {key} in application.sl.yml."
    )
