"""`global_ack_file_path`: the file that says "everything is there, load it", for the preload strategy `ack`.

Starlake's generator renders the path once, when it writes the DAG; here it is rendered for every run.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from glob import escape
from pathlib import Path
from types import MappingProxyType

from sl_assets.project.records import Table
from sl_assets.project.schedules import parse_duration
from sl_assets.project.windows import window_of_key
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Source

DEFAULT_ACK_FILE = "pending/{{domain}}/{{date}}.ack"
"""Starlake's default, below the folder of the datasets."""

DEFAULT_WAIT = timedelta(hours=1)
"""Starlake's default of `ack_wait_timeout`."""

_ALLOWED = ("domain", "table", "date", "ds", "partition")
KEPT: Mapping[str, str] = MappingProxyType({name: f"\ue010{name}\ue011" for name in (*_ALLOWED, "schedule")})
"""Variables whose values only a run knows, with what stands for them while a dag file is read: YAML would mistake `{{`."""

_MARK = re.compile("\ue010([a-z]+)\ue011")
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def read_ack_file(text: str | None, variables: Mapping[str, str], source: Source, findings: Findings) -> str:
    """The template of a path, absolute; the default where none is written. `source` is the key itself.

    SL219 for a variable that no run knows, SL110 for a path on another machine.
    """
    if not text or not text.strip():
        return f"{variables.get('SL_DATASETS', 'datasets')}/{DEFAULT_ACK_FILE}"
    text = _MARK.sub(r"{{\1}}", text.strip()).removeprefix("file://")
    for name in _PLACEHOLDER.findall(text):
        if name not in _ALLOWED:
            known = ", ".join(f"{{{{{each}}}}}" for each in _ALLOWED)
            fact = f"{{{{{name}}}}} is not known when the file is looked for."
            findings.error("SL219", source.place(), source.subject(), fact, f"Allowed: {known}.")
    if "://" in text:
        fact = f'"{text}" is not a local path, and remote ones are not supported yet.'
        findings.error("SL110", source.place(), source.subject(), fact)
    return str(Path(variables.get("SL_ROOT", ""), text))


def read_ack_wait(text: str | None, source: Source, findings: Findings) -> timedelta:
    """`ack_wait_timeout`: seconds, or a duration; an hour where it is not written. `source` is the key itself."""
    text = (text or "").strip()
    wait = timedelta(seconds=int(text)) if text.isdecimal() else parse_duration(text) if text else DEFAULT_WAIT
    if wait is None:
        fact = f'expected a number of seconds or a duration, found "{text}".'
        findings.error("SL219", source.place(), source.subject(), fact, "Such as 3600, 90 minutes or 1h.")
    return wait or DEFAULT_WAIT


def without_marks(text: str) -> str:
    """A text of a dag file in which variables of runs have no meaning: they are empty there."""
    return _MARK.sub("", text)


def ack_path(table: Table, day: date, partition: str | None = None) -> Path:
    """The ack file of a table for one day, or for one of its partitions: the day is then that on which its window begins.

    `{{date}}` and `{{ds}}` are the day as yyyy-MM-dd, `{{partition}}` the key of the partition (the day, where there is none).
    """
    if partition is not None and table.partitions is not None:
        day = window_of_key(table.partitions, partition).start.date()
    values = {**_names(table), "date": f"{day}", "ds": f"{day}", "partition": partition or f"{day}"}
    return Path(_PLACEHOLDER.sub(lambda match: values.get(match[1], ""), table.orchestration.ack_file))


def ack_glob(table: Table) -> str:
    """A glob for the ack files of a table, whatever their day."""
    return "".join(escape(text) if name is None else "*" for text, name in _pieces(table))


def day_of_ack(table: Table, path: Path) -> date | None:
    """The day that is written in the path of an ack file; None where its template has none, or it is not one of the table's."""
    pattern = "".join(re.escape(text) if name is None else r"(\d{4}-\d\d-\d\d)" for text, name in _pieces(table))
    match = re.fullmatch(pattern, str(path))
    try:
        return date.fromisoformat(match[1]) if match and match.groups() else None
    except ValueError:
        return None


def _pieces(table: Table) -> Iterator[tuple[str, str | None]]:
    """The path template of a table in pieces: text, or the name of a variable that is another one for every run."""
    names = _names(table)
    for number, piece in enumerate(_PLACEHOLDER.split(table.orchestration.ack_file)):  # text, name, text, name, ..., text
        if number % 2 and piece not in names:
            yield "", piece
        else:
            yield names[piece] if number % 2 else piece, None


def _names(table: Table) -> dict[str, str]:
    return {"domain": table.key.domain, "table": table.key.name}
