"""`dags/*.sl.yml`: the options that tables and tasks take over through their dagRef."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast, get_args

from sl_assets.project.acknowledgement import KEPT, read_ack_file, read_ack_wait, without_marks
from sl_assets.project.dag_options import Options, read_triggering
from sl_assets.project.orchestration import Orchestration, PreloadStrategy
from sl_assets.spec.dag import DagFile
from sl_assets.spec.findings import Findings, allowed, suggest
from sl_assets.spec.place import Place
from sl_assets.spec.read import Source, read_file

HONOURED = (
    "pre_load_strategy",
    "global_ack_file_path",
    "ack_wait_timeout",
    "dataset_triggering_strategy",
    "retries",
    "retry_delay",
    "tags",
    "data_cycle",
    "data_cycle_enabled",
    "beyond_data_cycle_enabled",
    "optional_dataset_enabled",
    "min_timedelta_between_runs",
    "run_dependencies_first",
    "load_dependencies",
    "start_date",
    "timezone",
    "default_pool",
)
_SENSORS = "Sensors of Dagster look for files and wait for ack files, whatever it says; ack_wait_timeout says how long."
_KNOWN: Mapping[str, str] = MappingProxyType(
    {
        "cron_period_frequency": "Starlake reads it and does nothing with it. How late data may be is freshness.error.",
        "catchup": "What a schedule missed is caught up by a backfill of partitions.",
        "end_date": "Partitions have an end; a schedule is stopped in the UI.",
        "max_active_runs": "How many runs go at once is said in dagster.yaml.",
        "incoming_path": "Starlake does nothing with it either. Where files land says metadata.directory.",
        "pre_load_sensor": _SENSORS,
        "pre_load_sensor_soft_fail": _SENSORS,
        "pre_load_poke_interval": _SENSORS,
        "pre_load_timeout": _SENSORS,
        "pre_load_not_ready_sentinel_path": _SENSORS,
    }
)
"""Options of Starlake's that have no effect here, and what there is instead."""

_NOT_NEEDED = re.compile(
    r"SL_.*|sl_schedule_.*|sl_include_env_vars|default_dag_args"
    r"|profileVar|region|envVar|jarFileUrisVar"
    r"|spark_.*|cloud_run_.*|dataproc_.*|fargate_.*|aws_.*|cluster_.*"
)
"""Options that say how Starlake's own runners are started; there are none here."""

_DEFAULT_DELAY = timedelta(seconds=300)


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


def read_dags(metadata: Path, variables: Mapping[str, str], presets: Mapping[str, str], findings: Findings) -> Dags:
    """Read all dag files; `presets` are the crons a data cycle can be named after."""
    found: dict[str, Orchestration] = {}
    for file in sorted((metadata / "dags").glob("*.sl.yml")):
        name = file.name.removesuffix(".sl.yml")
        # {{domain}}, {{schedule}}... in `filename` belong to Starlake's generator, those in the path of an ack file to a run
        read = read_file(file, DagFile, {**KEPT, **variables}, findings, quiet=frozenset({"name", "task"}))
        found[name] = Orchestration()
        if read:
            found[name] = _orchestration(read.spec.dag.options, read.source.below("dag", "options"), variables, presets, findings)
    return Dags(found)


def _orchestration(
    texts: Mapping[str, str], source: Source, variables: Mapping[str, str], presets: Mapping[str, str], findings: Findings
) -> Orchestration:
    _tell_unknown(texts, source, findings)
    ack_file = read_ack_file(texts.get("global_ack_file_path"), variables, source.below("global_ack_file_path"), findings)
    texts = {name: without_marks(text) for name, text in texts.items()}
    options = Options(texts, source, findings, presets)
    retries = options.count("retries")
    return Orchestration(
        pre_load_strategy=options.choice("pre_load_strategy", get_args(PreloadStrategy), "none"),
        ack_file=ack_file,
        ack_wait=read_ack_wait(texts.get("ack_wait_timeout"), source.below("ack_wait_timeout"), findings),
        triggering=read_triggering(options),
        retries=retries,
        retry_delay=options.duration("retry_delay", _DEFAULT_DELAY) if retries else timedelta(0),
        tags=tuple(options.text("tags").split()),
        dependencies_first=options.flag("run_dependencies_first") or options.flag("load_dependencies"),
        timezone=options.zone("timezone"),
        start=options.moment("start_date"),
        pool=options.text("default_pool") or None,
        places={name: source.place(name) for name in texts},
    )


def _tell_unknown(texts: Mapping[str, str], source: Source, findings: Findings) -> None:
    for name in texts:
        place, subject = source.place(name), source.subject(name)
        if name in _KNOWN:
            findings.warning("SL109", place, subject, "is not supported, ignored.", _KNOWN[name])
        elif name == "sl_env_var":
            _tell_variables(texts[name], place, subject, findings)
        elif name not in HONOURED and not _NOT_NEEDED.fullmatch(name):
            findings.warning("SL219", place, subject, "is an unknown option, ignored.", suggest(name, (*HONOURED, *_KNOWN)))


def _tell_variables(text: str, place: Place, subject: str, findings: Findings) -> None:
    """Starlake hands these to its own processes. SL_ROOT and the like are known here anyway; any other is missed by somebody."""
    try:
        names: object = json.loads(text)
    except ValueError:
        names = None
    if not isinstance(names, dict):
        findings.warning("SL109", place, subject, "is no JSON object, ignored.", "Variables of a project belong into env.sl.yml.")
        return
    own = sorted(str(name) for name in cast("dict[str, Any]", names) if not str(name).startswith("SL_"))
    if own:
        fact = f"is not supported, ignored: {', '.join(own)} {'is' if len(own) == 1 else 'are'} not set by it."
        findings.warning("SL109", place, subject, fact, "Write them into env.sl.yml, or set them in the environment.")
