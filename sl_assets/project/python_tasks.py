"""A task in Python: `<task>.py` defines one function; its parameters say which tables it reads. It is read here and not run."""

from pathlib import Path

from sl_assets.project.function_files import read_function_files
from sl_assets.project.python_files import FRAMES, PythonFileError, Signature, Written, read_signatures
from sl_assets.project.recipe import FrameKind, Parameter, PythonFunction, PythonTask
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.place import Place

WINDOW, CONTEXT = "window", "context"
"""Parameters that stand for no table."""


def read_python_task(file: Path, name: str, folder: Path, findings: Findings, *, partitioned: bool) -> PythonTask | None:
    """The function of a task: that of its name, else the only one that does not begin with an underscore.

    None where there is none; `folder` has what it may import. SL321 says what is wrong with the file, SL322 with a parameter.
    """
    try:
        signature = _chosen(read_signatures(file), name)
    except PythonFileError as error:
        findings.error("SL321", Place(file, error.line, max(error.column, 1)), name, error.fact, error.hint)
        return None
    parameters: list[Parameter] = []
    asked: set[str] = set()
    for written in signature.parameters:
        if written.name in (WINDOW, CONTEXT) and written.text is None:
            asked.add(written.name)
            if written.name == WINDOW and not partitioned:
                fact = "asks for the window of a task that has no partitions."
                findings.error("SL322", _place(file, written), written.name, fact, "Write partitions: in its YAML.")
        elif (parameter := _parameter(written, file, findings)) is not None:
            parameters.append(parameter)
    function = PythonFunction(file.stem, signature.name, read_function_files(file, folder).digest, file, folder)
    return PythonTask(function, tuple(parameters), WINDOW in asked, CONTEXT in asked)


def _chosen(signatures: dict[str, Signature], name: str) -> Signature:
    if name in signatures:
        return signatures[name]
    public = [each for each in signatures.values() if not each.name.startswith("_")]
    if len(public) == 1:
        return public[0]
    if not public:
        raise PythonFileError("defines no function.", f"Write def {name}(...): its parameters are the tables it reads.")
    several = ", ".join(each.name for each in public)
    second = public[1]
    hint = f"Name the task's one {name}, or begin the names of the others with an underscore."
    raise PythonFileError(f"defines several functions: {several}.", hint, second.line, second.column)


def _parameter(written: Written, file: Path, findings: Findings) -> Parameter | None:
    place = _place(file, written)
    takes: FrameKind = "relation"
    if written.frame is not None:
        if written.frame not in FRAMES:
            fact = f'cannot be given "{written.frame}".'
            findings.error("SL322", place, written.name, fact, allowed(FRAMES, written.frame))
            return None
        takes = FRAMES[written.frame]
    if written.text is None and not written.required:
        fact = "has a default that names no table."
        findings.error("SL322", place, written.name, fact, 'Leave it out, or write the name of a table: = "domain.table".')
        return None
    parts = (written.name,) if written.text is None else tuple(written.text.split("."))
    return Parameter(written.name, parts, takes, written.text is None, place)


def _place(file: Path, written: Written) -> Place:
    return Place(file, written.line, written.column)
