"""Functions in Python that a project brings along: imported when they are run, and told by their own lines when they fail."""

import hashlib
import importlib
import importlib.util
import linecache
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, cast

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


class FunctionError(Exception):
    """A function of the project's cannot be had, or failed; the text has its own part of the traceback."""


def load_function(wanted: PythonFunction) -> Callable[..., Any]:
    """Import a function.

    Raises:
        FunctionError: There is no such module or function, or its module cannot be imported.
    """
    try:
        module = _import_file(wanted, wanted.file) if wanted.file else importlib.import_module(wanted.module)
    except Exception as error:
        raise FunctionError(f"{wanted} cannot be imported.\n\n{told(error, wanted.file)}") from error
    function = getattr(module, wanted.name, None)
    if not callable(function):
        names = sorted(name for name, value in vars(module).items() if callable(value) and not name.startswith("_"))
        raise FunctionError(f"{wanted} is no function. Allowed: {', '.join(names)}.")
    return cast("Callable[..., Any]", function)


def call(wanted: PythonFunction, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function of the project's.

    Raises:
        FunctionError: It raised something.
    """
    try:
        return function(*args, **kwargs)
    except Exception as error:
        raise FunctionError(f"{wanted} failed.\n\n{told(error, wanted.file)}") from error


def told(error: BaseException, file: Path | None) -> str:
    """An error as Python tells it, with the lines in `file` only; with all lines where none of them is."""
    lines = traceback.TracebackException.from_exception(error)
    own = [frame for frame in lines.stack if file is not None and frame.filename == str(file)]
    if own:
        lines.stack = traceback.StackSummary.from_list(own)
    return "".join(lines.format(chain=False)).rstrip()


def _import_file(wanted: PythonFunction, file: Path) -> ModuleType:
    """The module of a file, under a name of its content, so that two projects in one process do not meet.

    What runs is what was read when the project was: the code version of the task speaks of it.
    """
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != wanted.digest:
        raise ImportError(f"{file} has changed since the project was read; run again")
    where = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    name = f"sl_assets_function_{wanted.digest[:16]}_{where}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    linecache.checkcache(str(file))
    try:
        exec(compile(content, str(file), "exec"), vars(module))  # noqa: S102 - the project's own code, which its author asks for
    except BaseException:
        del sys.modules[name]
        raise
    return module
