"""The corpus `cases/`: every key once in a project that is right, every diagnostic once in one that is wrong."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from sl_assets.project import load_project
from sl_assets.spec.base import Spec
from sl_assets.spec.codes import CODES
from sl_assets.spec.findings import Findings
from sl_assets.spec.json_schema import file_schema, project_schema, schemas
from sl_assets.spec.kinds import KINDS, Kind
from sl_assets.spec.shape import slots
from sl_assets.spec.yaml import Data, parse_yaml

TESTS = Path(__file__).parent.parent
VALID = TESTS / "cases" / "valid"
INVALID = TESTS / "cases" / "diagnostics"
DOCS = TESTS.parent / "docs"
PROJECTS = sorted(path.name for path in VALID.iterdir())
ENVIRONMENT = {"SL_PRIVACY_KEY": "a key of thirty-two characters, and more"}
Key = tuple[str, str]


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2, as editors read it: `on` and `yes` are text, and so are dates."""


EditorLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
EditorLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false", re.IGNORECASE), list("tfTF"))


def as_editors_read(text: str) -> object:
    return yaml.load(text, Loader=EditorLoader)  # noqa: S506 - it is a SafeLoader


def all_models() -> Iterator[type[Spec]]:
    found: dict[type[Spec], None] = {}
    waiting: list[type[Spec]] = [kind.model for kind in KINDS.values()]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found[model] = None
            waiting += [slot.model for slot in slots(model).values() if slot.model is not None]
    yield from found


def all_keys() -> set[Key]:
    return {(name_of(model), key) for model in all_models() for key in slots(model)}


def name_of(model: type[Spec]) -> str:
    return model.__name__.removesuffix("Spec")


def files_of(root: Path) -> dict[Path, Kind]:
    """Every YAML file of a project with its kind."""
    found: dict[Path, Kind] = {}
    for kind in KINDS.values():
        for pattern in kind.globs:
            for file in sorted((root / "metadata").glob(pattern)):
                found.setdefault(file, kind)
    return found


def written(file: Path) -> Data:
    document = parse_yaml(file.read_text(encoding="utf-8"), file, Findings())
    assert document is not None, file
    return document.data


def keys_in(model: type[Spec], data: Data) -> Iterator[Key]:
    if not isinstance(data, dict):
        return
    known = slots(model)
    for key, value in data.items():
        slot = known.get(key)
        if slot is None:
            continue
        yield (name_of(model), key)
        if slot.model is not None:
            below = (
                value
                if isinstance(value, list)
                else [*value.values()]
                if slot.many == "map" and isinstance(value, dict)
                else [value]
            )
            for each in below:
                yield from keys_in(slot.model, each)


def test_every_key_is_written_in_a_project_that_is_right() -> None:
    found = {
        key
        for project in PROJECTS
        for file, kind in files_of(VALID / project).items()
        for key in keys_in(kind.model, written(file))
    }
    assert all_keys() - found == set()


def test_every_key_is_in_the_documentation() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert {key for key in all_keys() if f"| `{key[1]}` |" not in page} == set()


def test_every_key_says_what_it_is_for() -> None:
    nameless = {
        (name_of(model), name) for model in all_models() for name, info in model.model_fields.items() if not info.description
    }
    assert nameless == set()


def test_every_diagnostic_is_in_a_case_or_in_a_test_and_in_the_documentation() -> None:
    told = "".join(path.read_text(encoding="utf-8") for path in INVALID.glob("*/expected.txt"))
    tests = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path != Path(__file__))
    page = (DOCS / "diagnostics.md").read_text(encoding="utf-8")
    assert {code for code in CODES if f"[{code}]" not in told and f'"{code}"' not in tests} == set()
    assert {code for code in CODES if f"| {code} |" not in page} == set()


@pytest.mark.parametrize("project", PROJECTS)
def test_a_project_that_is_right_has_no_errors_and_the_warnings_that_are_expected(project: str) -> None:
    root = VALID / project
    diagnostics = load_project(root, ENVIRONMENT).diagnostics
    told = "".join(f"{one}\n" for one in diagnostics).replace(f"{root}{os.sep}", "")
    golden = root / "expected.txt"
    if os.environ.get("REWRITE_CASES"):
        golden.write_text(told, encoding="utf-8")
    assert [one for one in diagnostics if one.severity == "error"] == []
    assert told == golden.read_text(encoding="utf-8")


def test_the_same_project_in_the_old_and_in_the_new_syntax_is_the_same(tmp_path: Path) -> None:
    found = []
    for name in ("bakery", "bakery_old"):
        shutil.rmtree(tmp_path / "bakery", ignore_errors=True)
        shutil.copytree(VALID / name, tmp_path / "bakery")
        found.append(load_project(tmp_path / "bakery", {}))
    assert found[0] == found[1]
    assert len(found[0].tables) == 3


@pytest.mark.parametrize("project", PROJECTS)
def test_json_schema_accepts_every_file_that_is_right(project: str) -> None:
    everything = Draft7Validator(project_schema())
    for file, kind in files_of(VALID / project).items():
        data = as_editors_read(file.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("version") != 1:
            continue  # the old syntax is not for editors to complete
        found = [*Draft7Validator(file_schema(kind)).iter_errors(data), *everything.iter_errors(data)]
        assert [f"{file.name}: {'/'.join(map(str, one.absolute_path))}: {one.message}" for one in found] == []


@pytest.mark.slow
def test_every_schema_is_one_of_draft_7_with_an_id_of_its_own() -> None:
    found = schemas()
    for schema in found.values():
        Draft7Validator.check_schema(schema)
        assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert len({str(schema["$id"]) for schema in found.values()}) == len(KINDS) + 1


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("table: {name: t, patern: x}", "table"),
        ("table: {name: t, attributes: [{name: a, type: long, trim: MIDDLE}]}", "table/attributes/0/trim"),
        ("table: {pattern: x, attributes: [{type: long}]}", "table/attributes/0"),
        ("table: {name: t, metadata: {withHeader: perhaps}}", "table/metadata/withHeader"),
        ("table: {name: t, metadata: {sink: {days: soon}}}", "table/metadata/sink/days"),
        ("table: {name: t, tags: pii}", "table/tags"),
        ("version: 3", "version"),
    ],
)
def test_json_schema_refuses_what_the_reader_refuses(text: str, where: str) -> None:
    found = list(Draft7Validator(file_schema(KINDS["table"])).iter_errors(as_editors_read(text)))
    places = {"/".join(map(str, one.absolute_path)) for error in found for one in _leaves(error)}
    assert where in places


def _leaves(error: object) -> Iterator[object]:
    yield error
    for one in getattr(error, "context", None) or ():
        yield from _leaves(one)


def test_json_schema_accepts_what_the_reader_accepts() -> None:
    text = """
table:
  name: 1
  pattern: null
  metadata:
    {format: dsv, withHeader: "{{HEADER}}", multiline: yes, rejectMaxRecords: "${MOST}", options: {a: null, b: 1, c: true}}
  attributes: [{name: a, position: {first: "0", last: 3}, ignore: "True"}]
"""
    assert list(Draft7Validator(file_schema(KINDS["table"])).iter_errors(as_editors_read(text))) == []


def test_the_codes_are_in_order_and_look_alike() -> None:
    assert list(CODES) == sorted(CODES)
    assert all(re.fullmatch(r"SL\d{3}", code) for code in CODES)
