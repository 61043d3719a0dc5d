"""What decides the SQL of a task and is written elsewhere: the macros that its templates call, the variables that they name."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sl_assets.project.recipe import SqlStep
from sl_assets.project.records import TableKey, Task
from sl_assets.spec.template_names import MacroText, macros_in, names_in

_OF_A_RUN = "sl_"
"""What such names begin with is another value at each run, or the path of a folder."""


def with_behind(tasks: Mapping[TableKey, Task], variables: Mapping[str, str], macros: str) -> Mapping[TableKey, Task]:
    """The tasks, each with what is behind its SQL; `variables` are those of the project's files."""
    found = {key: behind(_texts(task), variables, macros) for key, task in tasks.items()}
    return {key: replace(task, behind=found[key]) if found[key] else task for key, task in tasks.items()}


def behind(texts: Iterable[str], variables: Mapping[str, str], macros: str) -> dict[str, str]:
    """What the templates of some texts take from elsewhere: `env.floor` or `macros.cents` -> a digest, macros of macros too.

    Args:
        texts: SQL before its templates.
        variables: The project's variables.
        macros: The text of the project's macros.

    Example:
        >>> list(behind(["SELECT {{ cents('a') }}"], {"rate": "2"}, "{% macro cents(c) %}{{ c }} * {{ rate }}{% endmacro %}"))
        ['env.rate', 'macros.cents']
    """
    known: Mapping[str, MacroText] = macros_in(macros)
    waiting = [name for text in texts for name in names_in(text)]
    found: dict[str, str] = {}
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if (macro := known.get(name)) is not None:
            found[f"macros.{name}"] = _digest(macro.text)
            waiting += macro.names
        elif name in variables and not name.casefold().startswith(_OF_A_RUN):
            found[f"env.{name}"] = _digest(variables[name])
    return dict(sorted(found.items()))


def _texts(task: Task) -> Iterator[str]:
    yield task.sql
    yield from (step.sql for step in task.steps if isinstance(step, SqlStep))
    yield from (each.text for each in (*task.presql, *task.postsql))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
