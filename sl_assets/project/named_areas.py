"""`area:` of the application file: folders under other names, known before all else is read, since any template may name them.

So their own templates may name the folders of the project and variables of the process, and nothing of `env.sl.yml`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from sl_assets.spec.application import AreaSpec
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Source, read_text
from sl_assets.spec.template import render_text
from sl_assets.spec.yaml import parse_yaml

AREAS = ("incoming", "stage", "unresolved", "ingesting", "archive", "replay")
_SAYS_AREA = re.compile(r"\barea\b")
_OLD_STAGE = "pending"


def read_named_areas(file: Path, variables: Mapping[str, str]) -> Mapping[str, str]:
    """Area -> its folder as it is written, without those that are not named. What is broken is told by whoever reads it all.

    Args:
        file: The application file.
        variables: What it may name this early.
    """
    quiet = Findings()
    text = read_text(file, quiet)
    if not text or not _SAYS_AREA.search(text):
        return {}
    document = parse_yaml(render_text(text, variables, file, quiet).text, file, quiet)
    data = document.data if document else None
    inner = data.get("application", data) if isinstance(data, dict) else None
    named = inner.get("area") if isinstance(inner, dict) else None
    if not isinstance(named, dict):
        return {}
    stage = {"stage": named[_OLD_STAGE]} if _OLD_STAGE in named else {}
    return {name: value for name, value in {**stage, **named}.items() if name in AREAS and isinstance(value, str) and value}


def check_named_areas(spec: AreaSpec | None, known: Mapping[str, str], source: Source, findings: Findings) -> None:
    """Tell the folders that were another text when they were needed (SL108): they name what is known only later."""
    for name in (*AREAS, _OLD_STAGE):
        written = getattr(spec, name) if spec else None
        early = known.get("stage" if name == _OLD_STAGE else name)
        if written and written != early and not (name == _OLD_STAGE and spec and spec.stage):
            findings.error(
                "SL108",
                source.place(name),
                source.subject(name),
                f'"{written}" names variables that are known only after the folders are.',
                "Name SL_ROOT, SL_METADATA, SL_DATASETS and variables of the process, or set "
                f"SL_AREA_{'STAGE' if name == _OLD_STAGE else name.upper()} instead.",
            )
