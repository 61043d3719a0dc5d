"""What a task's rows are made of, where that is not one SELECT: sources, steps, a function in Python, files it writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sl_assets.spec.place import Place

FileFormatName = Literal["CSV", "JSON_LINES", "PARQUET"]
FrameKind = Literal["relation", "data_frame", "lazy_frame", "arrow_table", "batches"]
"""What a function takes: `duckdb.DuckDBPyRelation`, polars' `DataFrame` and `LazyFrame`, pyarrow's `Table` and
`RecordBatchReader`."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class PythonFunction:
    """A function that a project names as `module:name`: of one of its own files, or of a package.

    `digest` is that of its file and of the files below `folder` that this imports.
    """

    module: str
    name: str
    digest: str = ""
    file: Path | None = field(default=None, compare=False)
    folder: Path | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


@dataclass(frozen=True)
class Frame:
    """A placeholder: `{df}`, the result before; `{sources.name}`; `{nodes.domain.table}`. `parts`: the names after the dot."""

    kind: Literal["df", "sources", "nodes"]
    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{{{'.'.join((self.kind, *self.parts))}}}"


@dataclass(frozen=True)
class Expression:
    """An argument `{sql: ...}`: an expression over the columns, in the SQL of Polars."""

    sql: str


@dataclass(frozen=True)
class DataType:
    """An argument `{type: ...}`: a data type of Polars by its name, such as `Int64`, `Decimal(18, 2)`."""

    name: str


Argument = Scalar | Frame | Expression | DataType | tuple["Argument", ...] | Mapping[str, "Argument"]
"""What a step hands to a method or a function: plain values, and what the four records above stand for."""


@dataclass(frozen=True)
class SqlStep:
    """SQL before Jinja, with placeholders. `numbered`: line n of it is line n of the file that `place` names."""

    sql: str
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)
    numbered: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return "SQL"


@dataclass(frozen=True)
class MethodStep:
    """A method of `polars.LazyFrame` on the result before."""

    method: str
    args: tuple[Argument, ...] = ()
    kwargs: Mapping[str, Argument] = field(default_factory=dict[str, Argument])
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)

    def __str__(self) -> str:
        return self.method


@dataclass(frozen=True)
class FunctionStep:
    """A function whose first argument is the result before, in the form `takes`; `context` says whether it asks for that."""

    function: PythonFunction
    takes: FrameKind = "lazy_frame"
    args: tuple[Argument, ...] = ()
    kwargs: Mapping[str, Argument] = field(default_factory=dict[str, Argument])
    context: bool = False
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)

    def __str__(self) -> str:
        return str(self.function)


Step = SqlStep | MethodStep | FunctionStep


@dataclass(frozen=True)
class FileSource:
    """Files that a task reads. `path` is a file, a folder or a pattern with `*`; `within`: the folders it may lead into."""

    name: str
    path: str
    format: FileFormatName
    options: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    root: Path = field(default_factory=Path, compare=False)
    within: tuple[Path, ...] = field(default=(), compare=False)
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)


@dataclass(frozen=True)
class TableSource:
    """A table that steps name as `{sources.<name>}`; `parts` is its name as written."""

    name: str
    parts: tuple[str, ...]
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)


@dataclass(frozen=True)
class Parameter:
    """A parameter of a task's function: the table it stands for, as written, and the form in which it comes.

    `named`: whether the table is named by the parameter itself; then it must be one of the project's.
    """

    name: str
    parts: tuple[str, ...]
    takes: FrameKind
    named: bool
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)


@dataclass(frozen=True)
class PythonTask:
    """The function of a task in Python: `window` and `context` say whether it asks for them."""

    function: PythonFunction
    parameters: tuple[Parameter, ...] = ()
    window: bool = False
    context: bool = False


@dataclass(frozen=True)
class FileSink:
    """Files that a task writes: one file, or with `partition` a folder by columns. `path` is before its run's variables.

    `root` is where a relative path begins, `within` the folders it may lead into.
    """

    format: FileFormatName
    path: str
    partition: tuple[str, ...] = ()
    root: Path = field(default_factory=Path, compare=False)
    within: tuple[Path, ...] = field(default=(), compare=False)
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)


@dataclass(frozen=True)
class Incremental:
    """What a task reads the new part of only: rows of a table by a column that grows, or files of one of its sources."""

    parts: tuple[str, ...] = ()
    column: str = ""
    source: str = ""
    place: Place = field(default_factory=lambda: Place(Path()), compare=False)

    def __str__(self) -> str:
        return self.source or ".".join(self.parts)
