"""`dags/*.sl.yml`: the options that tables and tasks take over through their dagRef."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar, cast, get_args

from sl_assets.project.acknowledgement import KEPT, read_ack_file, read_ack_wait, without_marks
from sl_assets.project.records import Orchestration, PreloadStrategy
from sl_assets.project.schedules import parse_duration
from sl_assets.spec.dag import DagFile
from sl_assets.spec.findings import Findings, allowed, suggest
from sl_assets.spec.read import Source, read_file

HONOURED = (
    "pre_load_strategy",
    "global_ack_file_path",
    "ack_wait_timeout",
    "dataset_triggering_strategy",
    "retries",
    "retry_delay",
    "tags",
)
_KNOWN = (
    "beyond_data_cycle_enabled",
    "cron_period_frequency",
    "data_cycle",
    "data_cycle_enabled",
    "load_dependencies",
    "min_timedelta_between_runs",
    "optional_dataset_enabled",
    "run_dependencies_first",
    "start_date",
    "timezone",
)
_NOT_NEEDED = re.compile(
    r"SL_.*|sl_env_var|sl_schedule_.*|sl_include_env_vars|default_pool|default_dag_args|catchup|end_date|max_active_runs"
    r"|spark_.*|cloud_run_.*|dataproc_.*|fargate_.*|aws_.*|cluster_.*"
)
"""Options that say how Starlake's own runners are started; there are none here."""

_DEFAULT_DELAY = timedelta(seconds=300)
_Triggering = Literal["any", "all"]
_C = TypeVar("_C", bound=str)


@dataclass(frozen=True)
class Dags:
    """The orchestration options of a project by dagRef."""

    by_name: Mapping[str, Orchestration] = field(default_factory=dict[str, Orchestration])

    def resolve(self, name: str | None, source: Source, findings: Findings, *steps: str) -> Orchestration:
        """The options behind a dagRef; the defaults without one; SL211 for one that does not exist."""
        if name is None:
            return Orchestration()
        key = name.removesuffix(".sl.yml")
        if key not in self.by_name:
            fact = f"there is no dags/{key}.sl.yml."
            findings.error("SL211", source.place(*steps), source.subject(*steps), fact, allowed(sorted(self.by_name), key))
            return Orchestration()
        return self.by_name[key]


def read_dags(metadata: Path, variables: Mapping[str, str], findings: Findings) -> Dags:
    """Read all dag files."""
    found: dict[str, Orchestration] = {}
    for file in sorted((metadata / "dags").glob("*.sl.yml")):
        name = file.name.removesuffix(".sl.yml")
        # {{domain}}, {{schedule}}... in `filename` belong to Starlake's generator, those in the path of an ack file to a run
        known = {**KEPT, **variables}
        read = read_file(file, DagFile, known, findings, quiet=frozenset({"name", "task"}))
        source = read.source.below("dag", "options") if read else None
        found[name] = _options(read.spec.dag.options, source, variables, findings) if read and source else Orchestration()
    return Dags(found)


def _options(
    options: Mapping[str, str], source: Source, variables: Mapping[str, str], findings: Findings
) -> Orchestration:
    for name in options:
        if name in HONOURED or _NOT_NEEDED.fullmatch(name):
            continue
        fact = "is not supported yet, ignored." if name in _KNOWN else "is an unknown option, ignored."
        code = "SL109" if name in _KNOWN else "SL219"
        hint = "" if name in _KNOWN else suggest(name, (*HONOURED, *_KNOWN))
        findings.warning(code, source.place(name), source.subject(name), fact, hint)
    retries = _count(options.get("retries"), source, findings, "retries")
    ack_file = read_ack_file(options.get("global_ack_file_path"), variables, source.below("global_ack_file_path"), findings)
    options = {name: without_marks(text) for name, text in options.items()}
    strategy = _choice(options, "pre_load_strategy", get_args(PreloadStrategy), "none", source, findings)
    return Orchestration(
        pre_load_strategy=strategy,
        ack_file=ack_file,
        ack_wait=read_ack_wait(options.get("ack_wait_timeout"), source.below("ack_wait_timeout"), findings),
        triggering=_choice(options, "dataset_triggering_strategy", get_args(_Triggering), "any", source, findings),
        retries=retries,
        retry_delay=_delay(options.get("retry_delay"), source, findings) if retries else timedelta(0),
        tags=tuple(options.get("tags", "").split()),
    )


def _choice(
    options: Mapping[str, str], name: str, choices: tuple[_C, ...], default: _C, source: Source, findings: Findings
) -> _C:
    text = options.get(name, "").strip().lower() or default
    if text in choices:
        return cast("_C", text)
    findings.error("SL219", source.place(name), source.subject(name), f'"{options[name]}" is unknown.', allowed(choices, text))
    return default


def _count(text: str | None, source: Source, findings: Findings, name: str) -> int:
    if not text:
        return 0
    if text.strip().isdecimal():
        return int(text)
    findings.error("SL219", source.place(name), source.subject(name), f'expected a whole number, found "{text}".')
    return 0


def _delay(text: str | None, source: Source, findings: Findings) -> timedelta:
    if not text:
        return _DEFAULT_DELAY
    seconds = timedelta(seconds=int(text)) if text.strip().isdecimal() else parse_duration(text)
    if seconds is None:
        fact = f'expected a number of seconds, found "{text}".'
        findings.error("SL219", source.place("retry_delay"), source.subject("retry_delay"), fact)
    return _DEFAULT_DELAY if seconds is None else seconds
