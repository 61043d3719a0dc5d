"""The kinds of YAML files that a project has: what each is called, where it is, and the model of its contents."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sl_assets.spec.application import ApplicationFile
from sl_assets.spec.base import Spec
from sl_assets.spec.dag import DagFile
from sl_assets.spec.domain import DomainFile
from sl_assets.spec.environment import EnvironmentFile
from sl_assets.spec.extract import ExtractFile
from sl_assets.spec.refs import RefsFile
from sl_assets.spec.table import TableFile
from sl_assets.spec.task import TaskFile, TransformFile
from sl_assets.spec.types import TypesFile


@dataclass(frozen=True)
class Kind:
    """One kind of file. `globs` find its files below the config folder, first kind first."""

    name: str
    model: type[Spec]
    where: str
    globs: tuple[str, ...]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("application", ApplicationFile, "application.sl.yml", ("application.sl.yml",)),
            Kind("env", EnvironmentFile, "env.sl.yml, env.<ENV>.sl.yml", ("env.sl.yml", "env.*.sl.yml")),
            Kind("refs", RefsFile, "refs.sl.yml", ("refs.sl.yml",)),
            Kind("types", TypesFile, "types/default.sl.yml, types/types.sl.yml", ("types/default.sl.yml", "types/types.sl.yml")),
            Kind(
                "load",
                DomainFile,
                "load/<domain>/_config.sl.yml, external/<domain>/_config.sl.yml",
                ("load/*/_config.sl.yml", "external/*/_config.sl.yml"),
            ),
            Kind(
                "table",
                TableFile,
                "load/<domain>/<table>.sl.yml, external/<domain>/<table>.sl.yml",
                ("load/*/**/*.sl.yml", "external/*/**/*.sl.yml"),
            ),
            Kind("transform", TransformFile, "transform/<domain>/_config.sl.yml", ("transform/*/_config.sl.yml",)),
            Kind("task", TaskFile, "transform/<domain>/<task>.sl.yml", ("transform/*/**/*.sl.yml",)),
            Kind("dag", DagFile, "dags/<name>.sl.yml", ("dags/*.sl.yml",)),
            Kind("extract", ExtractFile, "extract/<name>.sl.yml", ("extract/**/*.sl.yml",)),
        )
    }
)
"""Every kind by its name, which is the key that its contents are under."""
