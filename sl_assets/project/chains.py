"""`steps` of a task: SQL, methods of Polars and functions of the project's own, one after the other."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sl_assets.project.arguments import ArgumentError, expressions_in, read_argument, types_of
from sl_assets.project.python_files import FRAMES, PythonFileError, Signature, python_function, read_signatures
from sl_assets.project.recipe import Argument, Expression, FrameKind, FunctionStep, MethodStep, SqlStep, Step
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.place import Place
from sl_assets.spec.read import Source
from sl_assets.spec.task import StepSpec

FUNCTIONS = "functions"
"""The folder beside application.sl.yml whose modules steps may name."""

_FUNCTION = re.compile(r"(?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):(?P<name>[A-Za-z_]\w*)")
CONTEXT = "context"


def read_steps(specs: Sequence[StepSpec], source: Source, metadata: Path, findings: Findings) -> tuple[Step, ...]:
    """The steps; what is wrong with one is SL280, with its function SL281, and another stands in its place."""
    places = (source.below(index) for index in range(len(specs)))
    found = ((at, _read(spec, at, metadata / FUNCTIONS, findings)) for spec, at in zip(specs, places, strict=True))
    return tuple(step or MethodStep("head", place=at.place()) for at, step in found)


def _read(spec: StepSpec, source: Source, folder: Path, findings: Findings) -> Step | None:
    kinds = [key for key in ("sql", "method", "function") if getattr(spec, key) is not None]
    if len(kinds) != 1:
        fact = f"has {' and '.join(kinds)}." if kinds else "has none of sql, method and function."
        findings.error("SL280", source.place(), source.subject(), fact, "Write exactly one of the three.")
        return None
    if spec.sql is not None:
        for key in ("args", "kwargs"):
            if source.has(key):
                hint = "SQL takes none: write values into it, or variables of Jinja."
                findings.error("SL280", source.place(key), source.subject(key), "goes with method or function.", hint)
        return SqlStep(spec.sql, source.place("sql"))
    args = tuple(_argument(value, source.below("args", index), findings) for index, value in enumerate(spec.args))
    kwargs = {name: _argument(value, source.below("kwargs", name), findings) for name, value in spec.kwargs.items()}
    if spec.method is not None:
        return _method(spec.method, args, kwargs, source, findings)
    return _function(spec.function or "", args, kwargs, source, folder, findings)


def _argument(value: object, source: Source, findings: Findings) -> Argument:
    try:
        return read_argument(value, source)
    except ArgumentError as error:
        findings.error("SL280", source.place(), source.subject(), error.fact, error.hint)
        return None


def _method(
    name: str, args: tuple[Argument, ...], kwargs: Mapping[str, Argument], source: Source, findings: Findings
) -> Step | None:
    from sl_assets.project.polars_methods import METHODS, misfit  # noqa: PLC0415 - importing Polars takes its time

    place, subject = source.place("method"), source.subject("method")
    if name not in METHODS:
        hint = f"{allowed(sorted(METHODS), name)} Or write function: module:name, of {FUNCTIONS}/."
        findings.error("SL280", place, subject, f'"{name}" is no method of Polars that a step may name.', hint)
        return None
    if name == "cast":
        try:
            args = tuple(types_of(each) for each in args)
            kwargs = {key: types_of(each) if key == "dtypes" else each for key, each in kwargs.items()}
        except ArgumentError as error:
            findings.error("SL280", place, subject, error.fact, error.hint)
            return None
    if fact := misfit(name, args, kwargs):
        findings.error("SL280", place, subject, f"{name}: {fact}.")
        return None
    for expression in expressions_in((args, kwargs)):
        _check_expression(expression, source, findings)
    return MethodStep(name, args, kwargs, source.place())


def _check_expression(expression: Expression, source: Source, findings: Findings) -> None:
    from sl_assets.project.polars_methods import bad_expression  # noqa: PLC0415 - importing Polars takes its time

    if fact := bad_expression(expression):
        findings.error("SL280", source.place(), source.subject(), f'Polars cannot read "{expression.sql}": {fact.rstrip(".")}.')


def _function(
    written: str, args: tuple[Argument, ...], kwargs: Mapping[str, Argument], source: Source, folder: Path, findings: Findings
) -> Step | None:
    place, subject = source.place("function"), source.subject("function")
    match = _FUNCTION.fullmatch(written.strip())
    if match is None:
        hint = f"Write module:name, a module of {FUNCTIONS}/ beside application.sl.yml or of an installed package."
        findings.error("SL281", place, subject, f'"{written}" names no function.', hint)
        return None
    try:
        function = python_function(folder, match["module"], match["name"])
        if function.file is None:
            return FunctionStep(function, "lazy_frame", args, kwargs, place=source.place())
        signature = _signature_in(function.file, function.name)
        takes = _takes(signature, function.file)
    except PythonFileError as error:
        findings.error("SL281", place, subject, f"{written}: {error.fact}", error.hint)
        return None
    if fact := _unbound(signature, len(args), kwargs):
        hint = f"It is written in {Place(function.file, signature.line, 1)}."
        findings.error("SL281", place, subject, f"{written} {fact}", hint)
    context = any(each.name == CONTEXT for each in signature.parameters[1:])
    names = (each.name for each in signature.parameters[1:] if each.name != CONTEXT)
    return FunctionStep(function, takes, (), {**dict(zip(names, args, strict=False)), **kwargs}, context, source.place())


def _signature_in(file: Path, name: str) -> Signature:
    signatures = read_signatures(file)
    if name not in signatures:
        raise PythonFileError(f'there is no function "{name}" in it.', allowed(sorted(signatures), name))
    return signatures[name]


def _takes(signature: Signature, file: Path) -> FrameKind:
    """The form in which a function takes the result before: as its first parameter says, a `polars.LazyFrame` if it does not."""
    if not signature.parameters:
        place = Place(file, signature.line, signature.column)
        raise PythonFileError("takes no result: it has no parameter.", f"It is written in {place}.")
    frame = signature.parameters[0].frame
    if frame is None:
        return "lazy_frame"
    if frame not in FRAMES:
        raise PythonFileError(f'cannot be given "{frame}".', allowed(FRAMES))
    return FRAMES[frame]


def _unbound(signature: Signature, given: int, kwargs: Mapping[str, Argument]) -> str:
    """Why the arguments do not fit the parameters behind the first one; nothing when they do."""
    parameters = [each for each in signature.parameters[1:] if each.name != CONTEXT]
    names = [each.name for each in parameters]
    if given > len(parameters):
        return f"takes {len(parameters)} arguments beside the result, {given} are given."
    unknown = [name for name in kwargs if name not in names]
    if unknown and not signature.others:
        return f'has no parameter "{unknown[0]}". {allowed(names, unknown[0])}'
    twice = [name for name in names[:given] if name in kwargs]
    if twice:
        return f'is given "{twice[0]}" twice.'
    missing = [each.name for each in parameters[given:] if each.required and each.name not in kwargs]
    return f'needs "{missing[0]}".' if missing else ""
