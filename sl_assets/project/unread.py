"""Files of a config folder that have no effect on a run: those that are only checked, and those that are never read."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from sl_assets.project.connections import check_connection
from sl_assets.project.folders import YAML
from sl_assets.project.refs import FILE as REFS
from sl_assets.project.scope import Scope
from sl_assets.spec.document import Data, Route
from sl_assets.spec.extract import ExtractFile
from sl_assets.spec.findings import Findings
from sl_assets.spec.place import Place
from sl_assets.spec.read import read_file

_IGNORED: Mapping[str, str] = MappingProxyType(
    {
        "load-strategies": "Files are read by the loader of sl-assets.",
        "mapping": "It is for Elasticsearch.",
        "iam-policy-tags.sl.yml": "It is for BigQuery.",
    }
)
"""Files and folders of Starlake's that mean nothing to this engine, and why."""

_OLD_FOLDERS: Mapping[str, str] = MappingProxyType({"domains": "load", "jobs": "transform"})
"""Folders of Starlake before 0.8, and where their files belong now."""


_OF_THE_SOURCE = frozenset({"catalog", "schema", "table"})
"""What templates of extract files name: Starlake knows it when it reads a database."""


def check_extracts(scope: Scope) -> None:
    """Check the files of `extract/`; SL109 for each, because nothing is extracted. What is wrong in them is a warning at most."""
    found = Findings()
    for file in sorted((scope.location.metadata / "extract").rglob(f"*{YAML}")):
        hint = "Its keys are checked. Let another tool put the files into the landing folder."
        found.warning("SL109", Place(file), "", "is not executed: sl-assets extracts nothing.", hint)
        read = read_file(file, ExtractFile, scope.variables, found, quiet=_OF_THE_SOURCE, is_idle=_always)
        if read is not None:
            spec, source = read.spec.extract, read.source.below("extract")
            for key, name in (("connectionRef", spec.connection_ref), ("auditConnectionRef", spec.audit_connection_ref)):
                check_connection(name, source, found, scope.application.connections.dialects, key)
    scope.findings.extend(replace(each, severity="warning") for each in found.sorted())


def _always(data: Data, route: Route) -> bool:  # noqa: ARG001 - nothing of such a file has an effect
    return True


def tell_unread(metadata: Path, findings: Findings) -> None:
    """SL109 for what means nothing to this engine, SL113 for what no engine would read."""
    for name, why in _IGNORED.items():
        if (metadata / name).exists():
            findings.warning("SL109", Place(metadata / name), "", "is not supported by this engine, ignored.", why)
    for name, now in _OLD_FOLDERS.items():
        if (metadata / name).is_dir():
            hint = f"It is the old place: put each domain into a folder of its own, {now}/<domain>/, its files named *{YAML}."
            findings.warning("SL113", Place(metadata / name), "", "is never read.", hint)
    for name in ("expectations", "macros"):
        for file in sorted((metadata / name).rglob(f"*{YAML}")):
            findings.warning("SL113", Place(file), "", "is never read.", f"Macros are Jinja, in {name}/*.j2.")
    for file in sorted(metadata.glob("*.yml")):
        if not _is_read(file.name):
            hint = f"Files here are application{YAML}, env{YAML}, env.<ENV>{YAML} and {REFS}."
            findings.warning("SL113", Place(file), "", "is never read.", hint)


def _is_read(name: str) -> bool:
    if name in (f"application{YAML}", f"env{YAML}", REFS, *_IGNORED):
        return True
    return name.startswith("env.") and name.endswith(YAML)
