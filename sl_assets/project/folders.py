"""The files of `load/`, `external/` and `transform/`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place

YAML = ".sl.yml"
_BODIES = (".sql", ".sql.j2", ".py")


@dataclass(frozen=True)
class Folder:
    """A domain's folder: its `_config.sl.yml`, its YAML files, and its bodies (SQL, Python) by name."""

    path: Path
    config: Path | None
    files: tuple[Path, ...]
    bodies: dict[str, Path] = field(default_factory=dict[str, Path])

    @property
    def name(self) -> str:
        """The folder's own name, the default of the domain's."""
        return self.path.name


def folders(above: Path, findings: Findings) -> Iterator[Folder]:
    """The domains' folders below `load/`, `external/` or `transform/`; SL113 for YAML that is never read."""
    if not above.is_dir():
        return
    for path in sorted(above.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield _folder(path, findings)
        elif path.name.endswith(YAML):
            hint = f"Put it into a folder named like its domain: {above.name}/<domain>/."
            findings.warning("SL113", Place(path), "", "is never read.", hint)


def _folder(path: Path, findings: Findings) -> Folder:
    files: list[Path] = []
    bodies: dict[str, Path] = {}
    everything = sorted(one for one in path.rglob("*") if one.is_file())
    for suffix in reversed(_BODIES):
        bodies.update({one.name.removesuffix(suffix): one for one in everything if one.name.endswith(suffix)})
    for one in everything:
        if one.name.endswith(YAML) and not one.name.startswith("_config."):
            files.append(one)
        elif one.suffix in (".yml", ".yaml") and not one.name.startswith("_config."):
            findings.warning("SL113", Place(one), "", "is never read.", f"Name it {one.stem.removesuffix('.sl')}{YAML}.")
    config = path / f"_config{YAML}"
    return Folder(path, config if config.is_file() else None, tuple(files), bodies)
