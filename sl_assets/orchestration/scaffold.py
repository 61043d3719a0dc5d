"""`dg scaffold defs sl_assets.SlProjectComponent`: a `defs.yaml`, and a small project to begin with if it is wished."""

from pathlib import Path

import dagster as dg
from dagster.components.component_scaffolding import scaffold_component
from pydantic import BaseModel, Field

from sl_assets.steps.starter import write_starter

FOLDER = "project"  # of the project, beside defs.yaml


class SlProjectParams(BaseModel):
    """What `dg scaffold defs` can be told."""

    project: str = Field(
        default=FOLDER,
        description="The folder of the project, relative to that of defs.yaml, or as a template such as "
        "'{{ context.project_root }}/starlake'.",
    )
    starter: bool = Field(
        default=False, description="Write a small project into that folder: one table, one transform, one file."
    )


class SlProjectScaffolder(dg.Scaffolder[SlProjectParams]):
    """Writes `defs.yaml`, and with `--starter` a project."""

    @classmethod
    def get_scaffold_params(cls) -> type[SlProjectParams]:
        """What may be given on the command line, or as `--json-params`."""
        return SlProjectParams

    def scaffold(self, request: dg.ScaffoldRequest[SlProjectParams]) -> None:
        """Write the files; of a starter, none that is there already.

        Raises:
            ValueError: A starter is wished for in a folder that is known only when definitions are loaded.
        """
        if request.params.starter:
            write_starter(_folder(request))
        scaffold_component(request, {"project": request.params.project})


def _folder(request: dg.ScaffoldRequest[SlProjectParams]) -> Path:
    project, root = request.params.project, request.project_root
    if root:
        project = project.replace("{{ context.project_root }}", str(root))
    if "{{" in project:
        raise ValueError(
            f'--starter cannot be written to "{project}": that folder is known only when definitions are loaded. '
            "Hint: give it relative to the folder of defs.yaml, or after {{ context.project_root }}."
        )
    at = request.target_path.parent if request.append else request.target_path  # with append it is that of defs.yaml itself
    return at / project
