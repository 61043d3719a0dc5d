"""A project's own functions in Python, brought in to be called. Reading a project imports none of them (`python_files.py`)."""

import hashlib
import importlib
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from sl_assets.project.function_files import read_function_files
from sl_assets.project.own_modules import OwnModules
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
        raise FunctionError(wanted, "cannot be imported.", told(error, wanted)) from error
    function = getattr(module, wanted.name, None)
    if not callable(function):
        names = sorted(name for name, value in vars(module).items() if callable(value) and not name.startswith("_"))
        raise FunctionError(wanted, f"is no function. Allowed: {', '.join(names)}.")
    return cast("Callable[..., Any]", function)


def told(error: BaseException, wanted: PythonFunction) -> str:
    """An error as Python tells it, with the lines in the project's own files only; with all lines where none of them is."""
    lines = traceback.TracebackException.from_exception(error)
    own = [frame for frame in lines.stack if _is_own(Path(frame.filename), wanted)]
    if own:
        lines.stack = traceback.StackSummary.from_list(own)
    return "".join(lines.format(chain=False)).rstrip()


def _is_own(file: Path, wanted: PythonFunction) -> bool:
    return wanted.file is not None and (file == wanted.file or file.is_relative_to(wanted.folder or wanted.file))


def _import_file(wanted: PythonFunction, file: Path) -> ModuleType:
    """The module of a file, under a name of its content, so that two projects in one process do not meet.

    What runs is what was read when the project was: the code version of the task speaks of it.
    """
    files = read_function_files(file, wanted.folder or file.parent)
    if files.digest != wanted.digest:
        changed = f"{file} or a file that it imports" if files.imported else f"{file}"
        raise ImportError(f"{changed} has changed since the project was read; run again")
    where = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    return OwnModules(files, f"sl_assets_function_{wanted.digest[:16]}_{where}.").run(file, wanted.module)
