"""Variables of a window in the SQL of a task that has none."""

import re
from collections.abc import Iterator, Mapping

from sl_assets.project.reads import own_steps, script_of
from sl_assets.project.recipe import SqlStep
from sl_assets.project.records import Task
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place
from sl_assets.sql.render import WINDOW_VARIABLES

_OF_WINDOWS = tuple(name for name in WINDOW_VARIABLES if name != "sl_scheduled_date")
_NAMED = re.compile(rf"(?:\{{\{{|\{{%|\$\{{)[^{{}}%\n]*?\b({'|'.join(_OF_WINDOWS)})\b(?!\s*(?:\||is\b))")
"""A name that a filter or a test follows (`| default(...)`, `is defined`) may be unknown."""


def check_window_names(task: Task, variables: Mapping[str, str], findings: Findings) -> None:
    """SL104 where SQL names the window of a task that has neither partitions nor a cron, and the project does not set it."""
    if task.partitions is not None or task.schedule is not None:
        return
    for step in _steps(task):
        for number, line in enumerate(step.sql.splitlines(), start=1):
            for found in _NAMED.finditer(line):
                if found[1] not in variables and "--" not in line[: found.start()]:
                    place = Place(step.place.file, number, found.start(1) + 1) if step.numbered else step.place
                    fact = "is known of a task that has partitions or a schedule only, and this one has neither."
                    findings.warning("SL104", place, found[1], fact, "Write partitions, or schedule with a cron.")


def _steps(task: Task) -> Iterator[SqlStep]:
    steps = own_steps(task) if task.parse_sql else (script_of(task),)
    yield from (step for step in steps if isinstance(step, SqlStep))
    yield from (SqlStep(each.text, each.place, numbered=each.numbered) for each in (*task.presql, *task.postsql))
