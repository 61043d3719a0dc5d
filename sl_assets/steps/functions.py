"""Calling a function of the project's in a transform: what it may know of its run, and how its failure is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sl_assets.project.functions import FunctionError, told
from sl_assets.project.recipe import PythonFunction
from sl_assets.project.windows import Window


@dataclass(frozen=True)
class TaskContext:
    """What a function may know of the run it is called in, under the parameter `context`.

    `window` is None for a task without partitions; `variables` are the project's and the run's; `say` writes to the run's log.
    """

    task: str
    run: str
    scheduled: datetime
    window: Window | None = None
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    say: Callable[[str], None] = field(default=print, repr=False)


def call(wanted: PythonFunction, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function of the project's.

    Raises:
        FunctionError: It raised something.
    """
    try:
        return function(*args, **kwargs)
    except Exception as error:
        raise FunctionError(wanted, "failed.", told(error, wanted)) from error
