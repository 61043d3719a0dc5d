"""A project's own functions in Python, brought in to be called. Reading a project imports none of them (`python_files.py`)."""

import hashlib
import importlib
import importlib.util
import linecache
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from sl_assets.project.recipe import PythonFunction


class FunctionError(Exception):
    """A function of the project's cannot be had, or failed: the fact, and its own part of the traceback."""

    def __init__(self, wanted: PythonFunction, fact: str, trace: str = "") -> None:
        super().__init__(f"{wanted} {fact}" + (f"\n\n{trace}" if trace else ""))
        self.fact = fact


def load_function(wanted: PythonFunction) -> Callable[..., Any]:
    """Import a function.

    Raises:
        FunctionError: There is no such module or function, or its module cannot be imported.
    """
    try:
        module = _import_file(wanted, wanted.file) if wanted.file else importlib.import_module(wanted.module)
    except Exception as error:
        raise FunctionError(wanted, "cannot be imported.", told(error, wanted.file)) from error
    function = getattr(module, wanted.name, None)
    if not callable(function):
        names = sorted(name for name, value in vars(module).items() if callable(value) and not name.startswith("_"))
        raise FunctionError(wanted, f"is no function. Allowed: {', '.join(names)}.")
    return cast("Callable[..., Any]", function)


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
