"""A project as a Dagster component: a `defs.yaml` that names its folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from typing import Annotated, Any, ClassVar

import dagster as dg
from dagster.components.resolved.core_models import AssetAttributesModel
from dagster.components.utils.translation import TranslationFn, TranslationFnResolver

from sl_assets.orchestration.definitions import build_definitions
from sl_assets.orchestration.scaffold import SlProjectScaffolder
from sl_assets.orchestration.translator import FILES, Files, Node, Translator
from sl_assets.project import load_project
from sl_assets.project.records import Project, Table, TableKey


def _template_variables(node: Node) -> Mapping[str, Any]:
    """What a template of `translation` may name, beside `spec`."""
    kind = node.step if isinstance(node, Files) else "load" if isinstance(node, Table) else "transform"
    return {"node": node, "domain": node.key.domain, "table": node.key.name, "kind": kind}


def _folder(context: dg.ResolutionContext, text: str) -> str:
    """A folder as `defs.yaml` writes it: relative to the folder of that file."""
    found = str(context.resolve_value(text))
    return str(context.resolve_source_relative_path(found))


@dg.scaffold_with(SlProjectScaffolder)
@dataclass
class SlProjectComponent(dg.Component, dg.Resolvable):
    """A Starlake-compatible YAML project: each of its tables and transforms an asset, with schedules, sensors and checks.

    Attributes:
        project: The folder of the project, relative to that of `defs.yaml`.
        environ: Environment variables for the project, such as `SL_ENV`; they win over those of the process.
        translation: What to change on each asset. Its templates may name `spec` (the asset as it would be), `node` (the `Table`,
            `Task` or `Files` it is made of), `domain`, `table` and `kind` (`load`, `transform`, `landing`, `preload`, `import`).

    What YAML cannot say, a subclass can: set `translator_class`.
    """

    project: Annotated[
        str,
        dg.Resolver(
            _folder,
            model_field_type=str,
            description="The folder of the project, with config/ or metadata/ in it; relative to the folder of this file.",
            examples=["project", "{{ context.project_root }}/starlake"],
        ),
    ]
    environ: Annotated[
        Mapping[str, str],
        dg.Resolver.default(
            description="Environment variables for the project; they win over those of the process.",
            examples=[{"SL_ENV": "PROD"}],
        ),
    ] = field(default_factory=dict[str, str])
    translation: Annotated[TranslationFn[Node], TranslationFnResolver[Node](_template_variables, AssetAttributesModel)] | None = (
        None
    )

    translator_class: ClassVar[type[Translator]] = Translator

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        """What `dg` lists."""
        return dg.ComponentTypeSpec(
            description="A Starlake-compatible YAML project: every table and transform an asset, on DuckDB.",
            tags=["starlake", "duckdb", "sql"],
            produces=["asset", "asset_check", "schedule", "sensor", "job", "resource"],
        )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:  # noqa: ARG002 - the folder is resolved by now
        """The definitions of the project.

        Raises:
            ProjectError: The project has errors; all of them are in the message.
        """
        project = load_project(Path(self.project), {**environ, **self.environ})
        return build_definitions(project, self.make_translator)

    def make_translator(self, project: Project) -> Translator:
        """`translator_class`, and on top of it what `translation` says."""
        base = self.translator_class
        return base(project) if self.translation is None else _translated(base, self.translation)(project)


def _translated(base: type[Translator], translation: TranslationFn[Node]) -> Callable[[Project], Translator]:
    """A translator that changes what another one gives; keys too, wherever they are named."""

    class Translated(base):
        def __init__(self, project: Project) -> None:
            super().__init__(project)
            files = (Files(domain, step) for domain in project.domains.values() for step in FILES)
            nodes: tuple[Node, ...] = (*project.tables.values(), *project.tasks.values(), *files)
            self._nodes = {node.key: node for node in nodes}
            self._keys: dict[TableKey, dg.AssetKey] = {}
            self._before = base(project)  # what templates are shown: no key of it is translated yet

        def asset_key(self, key: TableKey) -> dg.AssetKey:
            if key not in self._keys:
                node = self._nodes.get(key)
                unnamed = self._before.asset_key(key)
                self._keys[key] = translation(self._before.get_asset_spec(node), node).key if node else unnamed
            return self._keys[key]

        def get_asset_spec(self, node: Node) -> dg.AssetSpec:
            spec = super().get_asset_spec(node).replace_attributes(key=self._before.asset_key(node.key))
            return translation(spec, node)

    return Translated
