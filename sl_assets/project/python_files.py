"""Functions in Python as a project writes them, read and never run: their parameters, from the tree of the source text."""

import ast
import builtins
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sl_assets.project.function_files import read_function_files
from sl_assets.project.recipe import FrameKind, PythonFunction

FRAMES: Mapping[str, FrameKind] = MappingProxyType(
    {
        "duckdb.DuckDBPyRelation": "relation",
        "polars.DataFrame": "data_frame",
        "polars.LazyFrame": "lazy_frame",
        "pyarrow.Table": "arrow_table",
        "pyarrow.RecordBatchReader": "batches",
    }
)
"""What a parameter may be annotated with."""


class PythonFileError(Exception):
    """A file in Python that cannot be used: a place in it (from 1, 0: none), the fact, the hint."""

    def __init__(self, fact: str, hint: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(f"{fact} {hint}".strip())
        self.fact = fact
        self.hint = hint
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Written:
    """A parameter as it is written. `frame`: what its annotation names, by the full name; `text`: a text that it names itself."""

    name: str
    frame: str | None
    text: str | None
    required: bool
    line: int
    column: int


@dataclass(frozen=True)
class Signature:
    """A function's parameters that can be given by name; `others`: whether it takes any other name as well."""

    name: str
    parameters: tuple[Written, ...]
    others: bool
    line: int
    column: int


def read_signatures(file: Path) -> dict[str, Signature]:
    """The functions that a file defines at its top.

    Raises:
        PythonFileError: It cannot be read, or is not Python.
    """
    try:
        content = file.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `"\\d"` in somebody's file: whoever runs it is told
            tree = ast.parse(content, filename=str(file))
    except OSError as error:
        raise PythonFileError(f"cannot be read: {error.strerror}.") from error
    except SyntaxError as error:
        raise PythonFileError(f"is not Python: {error.msg}.", "", error.lineno or 0, error.offset or 0) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise PythonFileError(f"is not Python: {error}.") from error
    imports = dict(_imports(tree))
    found = {
        node.name: _signature(node, imports) for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    if not found and any(name.partition(".")[0] == "pyspark" for name in imports.values()):
        hint = f"Write the task as SQL, or as def {file.stem}(...): its parameters are the tables it reads, it returns the rows."
        raise PythonFileError("is a script of PySpark, and there is no Spark here.", hint)
    return found


def python_function(folder: Path, module: str, name: str) -> PythonFunction:
    """The function `module:name`: of a file below `folder`, or of an installed package. Nothing is imported here.

    Raises:
        PythonFileError: The module belongs to Python itself or to this package.
    """
    file = folder.joinpath(*module.split(".")).with_suffix(".py")
    if file.is_file() and file.resolve().is_relative_to(folder.resolve()):
        return PythonFunction(module, name, read_function_files(file, folder).digest, file, folder)
    if module.partition(".")[0] in {*sys.stdlib_module_names, "sl_assets"}:
        fact = f'"{module}" belongs to Python itself or to sl_assets, and has no function on columns.'
        raise PythonFileError(fact, f"Name a module of {folder.name}/ beside application.sl.yml, or an installed package.")
    return PythonFunction(module, name)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """A name that the file gives to a module or to something in one -> its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                first = each.name.partition(".")[0]
                yield each.asname or first, each.name if each.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                yield each.asname or each.name, f"{node.module}.{each.name}"


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef, imports: Mapping[str, str]) -> Signature:
    spec = node.args
    named = [*spec.posonlyargs, *spec.args]
    missing: list[ast.expr | None] = [None] * (len(named) - len(spec.defaults))
    pairs = [*zip(named, [*missing, *spec.defaults], strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
    parameters = tuple(_written(argument, default, imports) for argument, default in pairs)
    return Signature(node.name, parameters, spec.kwarg is not None, node.lineno, node.col_offset + 1)


def _written(argument: ast.arg, default: ast.expr | None, imports: Mapping[str, str]) -> Written:
    annotation, text = _annotation(argument.annotation)
    if isinstance(default, ast.Constant) and isinstance(default.value, str):
        text = default.value
    frame = None if annotation is None else _full_name(annotation, imports)
    return Written(argument.arg, frame, text, default is None, argument.lineno, argument.col_offset + 1)


def _annotation(node: ast.expr | None) -> tuple[ast.expr | None, str | None]:
    """The type of an annotation, and the text beside it in `Annotated[type, "text"]`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return node, None
    if isinstance(node, ast.Subscript) and _last(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
        first, *others = node.slice.elts
        texts = [each.value for each in others if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return _annotation(first)[0], texts[0] if texts else None
    return node, None


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _full_name(node: ast.expr, imports: Mapping[str, str]) -> str:
    """A dotted name with its first part as the file imports it; what is no dotted name, as it is written."""
    written = ast.unparse(node)
    first, dot, rest = written.partition(".")
    if first not in imports and hasattr(builtins, first):
        return written
    return f"{imports.get(first, first)}{dot}{rest}"
