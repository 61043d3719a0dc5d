"""How a task's rows are made: its templates are rendered before the warehouse is opened, its steps run inside the transaction."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sl_assets.project.compile import compile_script, compile_task
from sl_assets.project.reads import is_query
from sl_assets.project.recipe import FunctionStep
from sl_assets.project.records import Project, Task
from sl_assets.project.windows import Window
from sl_assets.steps.functions import TaskContext
from sl_assets.steps.incremental import new_relations
from sl_assets.steps.run import Run
from sl_assets.warehouse.errors import WarehouseError

Opened = Callable[[Mapping[str, tuple[Path, ...]]], str]
"""Makes the rows, inside the transaction, and gives the query that yields them; of some sources of files only those given."""


class StepError(WarehouseError):
    """A step of a task, or its function, failed; the text has its place and what was sent."""


@dataclass(frozen=True)
class Making:
    """A task's rows: `shown` is what people see of it, `opened` makes them as long as it is open."""

    shown: str
    opened: Callable[[duckdb.DuckDBPyConnection, Path], AbstractContextManager[Opened]]


def is_tidy(task: Task) -> bool:
    """Whether all that a task runs are queries, ours and its own: statements and functions of the project may do anything."""
    has_statements = bool(task.presql or task.postsql or task.strategy.template) or not task.parse_sql
    return not has_statements and task.python is None and not any(isinstance(step, FunctionStep) for step in task.steps)


def prepare(project: Project, task: Task, run: Run, variables: Mapping[str, str], windows: Sequence[Window] | None) -> Making:
    """Render all SQL of a task.

    Raises:
        ProjectError: With this run's values a template cannot be rendered, or its SQL is no query.
    """
    if is_query(task):
        sql = compile_task(project, task, variables, new_relations(project, task))
        return Making(sql, lambda _, __: nullcontext(lambda _: sql))
    if not task.parse_sql:
        sent = ";\n".join(each.text for each in compile_script(project, task, variables))
        return Making(sent, lambda _, __: nullcontext(lambda _: ""))
    from sl_assets.steps.chain import prepare_chain, prepare_function  # noqa: PLC0415 - importing Polars takes its time

    window = Window(windows[0].key, windows[0].start, windows[-1].end) if windows else None
    every = {**project.environment, **variables}
    given = TaskContext(str(task.key), run.id, run.scheduled, window, every, run.say)
    return prepare_function(project, task, task.python, given) if task.python else prepare_chain(project, task, variables, given)
