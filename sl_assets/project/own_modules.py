"""The modules of one function of a project's: its own file and those of `functions/` that it imports, run once and kept apart.

They are under names of their content: two projects in one process do not meet, nor do two versions of one. `import` in them means
the files of the folder first, then Python's modules and installed packages.
"""

import builtins
import linecache
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from sl_assets.project.function_files import FunctionFiles, absolute, module_file, package_of


@dataclass(frozen=True)
class OwnModules:
    """The modules that are made of some files; their names in `sys.modules` begin with `prefix`."""

    files: FunctionFiles
    prefix: str

    def run(self, file: Path, name: str) -> ModuleType:
        """The module of a file, run when it is asked for the first time."""
        known = f"{self.prefix}{name}"
        if known in sys.modules:
            return sys.modules[known]
        module = ModuleType(known)
        module.__file__ = str(file)
        module.__spec__ = ModuleSpec(known, None, origin=str(file))
        importing = self._importing(package_of(file, self.files.folder))
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": importing}
        sys.modules[known] = module
        linecache.checkcache(str(file))
        try:
            exec(compile(self.files.contents[file], str(file), "exec"), vars(module))  # noqa: S102 - the project's own code, which its author asks for
        except BaseException:
            del sys.modules[known]
            raise
        return module

    def _importing(self, package: str) -> Callable[..., Any]:
        def importing(
            name: str,
            globals: Any = None,  # noqa: A002 - as Python calls it
            locals: Any = None,  # noqa: A002
            fromlist: Sequence[str] | None = (),
            level: int = 0,
        ) -> Any:
            full = absolute(name, level, package)
            if level == 0 and not self._is_own(full):
                return builtins.__import__(name, globals, locals, fromlist or (), level)
            first, leaf = self._bring(full)
            for each in fromlist or ():
                if not hasattr(leaf, each) and self._file(below := f"{full}.{each}" if full else each) is not None:
                    setattr(leaf, each, self._bring(below)[1])
            return leaf if fromlist else first

        return importing

    def _is_own(self, module: str) -> bool:
        """Whether the first part of a name is a module or a folder of the project's."""
        first = module.partition(".")[0]
        return any(each.relative_to(self.files.folder).parts[0].removesuffix(".py") == first for each in self.files.imported)

    def _file(self, module: str) -> Path | None:
        file = module_file(self.files.folder, module)
        return file if file in self.files.imported else None

    def _bring(self, module: str) -> tuple[ModuleType, ModuleType]:
        """The first and the last module of a dotted name, each known to the one before it."""
        if not module:
            return (top := ModuleType(self.prefix)), top
        parts = module.split(".")
        chain: list[ModuleType] = []
        for length in range(1, len(parts) + 1):
            name = ".".join(parts[:length])
            file = self._file(name)
            if file is None and not self.files.folder.joinpath(*parts[:length]).is_dir():
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            found = self.run(file, name) if file is not None else self._folder(name)
            if chain:
                setattr(chain[-1], parts[length - 1], found)
            chain.append(found)
        return chain[0], chain[-1]

    def _folder(self, name: str) -> ModuleType:
        """A folder without `__init__.py`."""
        return sys.modules.setdefault(f"{self.prefix}{name}", ModuleType(f"{self.prefix}{name}"))
