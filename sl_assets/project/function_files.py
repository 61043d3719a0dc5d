"""The files of `functions/` that one file in Python is made of: those that it imports, and those that they import.

They are found by reading, not by running: what is imported under a name put together at run time is not among them.
"""

import ast
import hashlib
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class FunctionFiles:
    """A file with the bytes of all that it is made of, by file; `imported` are those that one of them imports."""

    folder: Path
    contents: Mapping[Path, bytes] = field(repr=False)
    imported: frozenset[Path] = frozenset()

    @property
    def digest(self) -> str:
        """A hash of all of it; of a file that imports none of the folder, the hash of its bytes."""
        hashes = [hashlib.sha256(content).hexdigest() for content in self.contents.values()]
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def read_function_files(file: Path, folder: Path) -> FunctionFiles:
    """Read a file, and the files of `folder` that it imports.

    Raises:
        OSError: One of them cannot be read.
    """
    contents: dict[Path, bytes] = {}
    imported: set[Path] = set()
    waiting = [file]
    while waiting:
        each = waiting.pop()
        if each not in contents:
            contents[each] = each.read_bytes()
            found = [*_imported(each, contents[each], folder)]
            imported.update(found)
            waiting += found
    return FunctionFiles(folder, contents, frozenset(imported))


def module_file(folder: Path, module: str) -> Path | None:
    """The file of a module below the folder: `a.b` is `a/b.py` or `a/b/__init__.py`; None: there is none, or it is elsewhere."""
    if not module or module.partition(".")[0] in sys.stdlib_module_names:
        return None
    base = folder.joinpath(*module.split("."))
    for file in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
        if file.is_file() and file.resolve().is_relative_to(folder.resolve()):
            return file
    return None


def package_of(file: Path, folder: Path) -> str:
    """What `.` means in a file: the dotted name of its folder below `folder`; empty at its top, and for files elsewhere."""
    return ".".join(file.parent.relative_to(folder).parts) if file.is_relative_to(folder) else ""


def absolute(name: str, level: int, package: str) -> str:
    """The full name of what is imported with `level` leading dots; empty where they lead outside."""
    if level == 0:
        return name
    parts = package.split(".") if package else []
    if level - 1 > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - (level - 1)], *([name] if name else [])])


def _imported(file: Path, content: bytes, folder: Path) -> Iterator[Path]:
    package = package_of(file, folder)
    for name in _names(content, package):
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            found = module_file(folder, ".".join(parts[:length]))
            if found is not None and found != file:
                yield found


def _names(content: bytes, package: str) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # whoever reads or runs it is told
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node.module or "", node.level, package)
            yield from (f"{module}.{each.name}" if module else each.name for each in node.names)
