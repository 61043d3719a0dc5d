"""Where a project is: its root, its config folder and the folders its files live in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sl_assets.project.named_areas import AREAS, read_named_areas
from sl_assets.project.records import AreaPaths
from sl_assets.spec.diagnostic import Diagnostic, ProjectError
from sl_assets.spec.place import Place


@dataclass(frozen=True)
class Location:
    """A project's folders, and the same as the variables that templates may name (`SL_ROOT`, ...).

    `named` are the areas that the application file names, as it writes them.
    """

    root: Path
    metadata: Path
    areas: AreaPaths
    variables: Mapping[str, str]
    named: Mapping[str, str]

    @property
    def application(self) -> Path:
        """The file `application.sl.yml`."""
        return self.metadata / "application.sl.yml"


def locate(root: Path | str | None, environ: Mapping[str, str]) -> Location:
    """Find a project.

    Args:
        root: Its folder; else `SL_ROOT`, else the working directory.
        environ: `SL_METADATA`, `SL_DATASETS`, `SL_INCOMING` and `SL_AREA_*` move its parts; `area` of the application file wins.

    Returns:
        The folders; only root and config folder are known to exist.

    Raises:
        ProjectError: There is no such folder, or no `application.sl.yml` in its config folder (SL200).
    """
    found = Path(_local(str(root or environ.get("SL_ROOT") or Path.cwd()), "SL_ROOT")).resolve()
    if not found.is_dir():
        raise _missing(
            found, "the project folder does not exist.", "Set SL_ROOT or pass the folder that has config/ or metadata/ in it."
        )
    metadata = _metadata(found, environ)
    if not (metadata / "application.sl.yml").is_file():
        raise _missing(
            metadata / "application.sl.yml",
            "the project has no such file.",
            "A project has it in config/ or metadata/, or where SL_METADATA says.",
        )
    datasets = _resolve(found, environ.get("SL_DATASETS") or "datasets", "SL_DATASETS")
    folders = {"SL_ROOT": str(found), "SL_METADATA": str(metadata), "SL_DATASETS": str(datasets)}
    named = read_named_areas(metadata / "application.sl.yml", {**environ, **folders})
    areas = {name: _area(datasets, name, named, environ) for name in AREAS}
    variables = {
        **folders,
        "SL_INCOMING": str(areas["incoming"]),
        **{f"SL_AREA_{name.upper()}": str(path) for name, path in areas.items()},
        "SL_DAGS": str(metadata / "dags"),
        "SL_TYPES": str(metadata / "types"),
        "SL_MACROS": str(metadata / "macros"),
        "SL_TESTS": str(metadata / "tests"),
    }
    return Location(found, metadata, AreaPaths(root=found, datasets=datasets, **areas), variables, named)


def local_path(root: Path, text: str) -> Path | None:
    """A path as a project writes it: absolute, relative to the root, or `file://`; None when it is on another machine."""
    text = text.removeprefix("file://")
    return None if "://" in text else Path(root, text)


def _metadata(root: Path, environ: Mapping[str, str]) -> Path:
    if named := environ.get("SL_METADATA"):
        return _resolve(root, named, "SL_METADATA")
    config = root / "config"
    return config if (config / "application.sl.yml").is_file() else root / "metadata"


def _area(datasets: Path, name: str, named: Mapping[str, str], environ: Mapping[str, str]) -> Path:
    if name in named:
        return _resolve(datasets, named[name], f"application.area.{name}")
    variable = f"SL_AREA_{name.upper()}"
    found = environ.get(variable) or (environ.get("SL_INCOMING") if name == "incoming" else None)
    return _resolve(datasets, found or name, variable)


def _resolve(base: Path, text: str, variable: str) -> Path:
    return Path(base, _local(text, variable))


def _local(text: str, variable: str) -> str:
    text = text.removeprefix("file://")
    if "://" in text:
        place = Place(Path(text))
        fact = f'"{text}" is not a local folder, and remote folders are not supported yet.'
        raise ProjectError([Diagnostic("error", "SL110", place, variable, fact)])
    return text


def _missing(path: Path, fact: str, hint: str) -> ProjectError:
    return ProjectError([Diagnostic("error", "SL200", Place(path), "", fact, hint)])
