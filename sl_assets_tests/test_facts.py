import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.facts import Facts, open_facts
from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets.spec import yaml
from sl_assets.spec.findings import Findings
from sl_assets.sql import parse
from sl_assets_tests.project.test_diagnostics import CASES

HIDDEN = "hunter2-not-for-a-disk"


@pytest.fixture
def project(shop, cache):
    shop.table("orders", "id: long!, day: date")
    shop.table("customers", "id: long!, name: string")
    shop.write("config/transform/kpi/revenue.sql", "SELECT o.id FROM shop.orders o JOIN shop.customers c USING (id)")
    return shop


@pytest.fixture
def parsed(monkeypatch) -> list[str]:
    """Every text of a table or task that was really parsed."""
    found: list[str] = []
    parse_yaml, parse_query = yaml.parse_yaml, parse.parse_query
    monkeypatch.setattr(yaml, "parse_yaml", lambda text, *others: (found.append(text), parse_yaml(text, *others))[1])
    monkeypatch.setattr(parse, "parse_query", lambda text, dialect="duckdb": (found.append(text), parse_query(text, dialect))[1])
    return found


def read(root: Path) -> Project:
    """By its facts alone: the whole project is not kept."""
    return load_project(root, {}, keep=False)


def the_file(cache: Path) -> Path:
    (only,) = cache.glob("*.facts")
    return only


def test_a_second_start_parses_nothing_again(project, parsed):
    first = read(project.root)
    assert len(parsed) == 3
    parsed.clear()
    second = read(project.root)
    assert parsed == []
    assert second == first
    assert second.diagnostics == first.diagnostics
    assert [each.place for each in second.tables.values()] == [each.place for each in first.tables.values()]


def test_what_changed_is_parsed_again_and_nothing_else(project, parsed):
    read(project.root)
    project.table("orders", "id: long!, day: date, price: double")
    parsed.clear()
    changed = read(project.root)
    assert len(parsed) == 2  # the table, and the query whose columns come from it
    assert not any("customers.*" in text for text in parsed)
    assert [each.name for each in changed.tables["shop", "orders"].columns] == ["id", "day", "price"]


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_mistakes_are_told_alike_with_and_without_what_is_kept(case, cache, monkeypatch):
    kept = [load_project(CASES / case, {}, keep=keep) for keep in (False, True, True)]
    monkeypatch.setenv("SL_CACHE", "off")
    without = read(CASES / case)
    for each in kept:
        assert each == without
        assert each.diagnostics == without.diagnostics


def test_off_keeps_nothing(project, cache, monkeypatch, tmp_path):
    monkeypatch.setenv("SL_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    read(project.root)
    assert not cache.exists()
    assert not (tmp_path / "home").exists()


def test_a_folder_that_cannot_be_written_is_no_error(project, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SL_CACHE", str(tmp_path / "file" / "below"))
    assert read(project.root).diagnostics == ()


def test_what_is_damaged_is_parsed_again_and_written_anew(project, cache, parsed):
    whole = read(project.root)
    kept = the_file(cache).read_bytes()
    chance = random.Random(4)  # noqa: S311 - the same damage each time
    for _ in range(12):
        damaged = bytearray(kept)
        for _ in range(chance.choice([1, 1, 40])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        the_file(cache).write_bytes(damaged[: chance.choice([len(damaged), chance.randrange(len(damaged))])])
        assert read(project.root) == whole
    parsed.clear()
    assert read(project.root) == whole
    assert parsed == []


def test_facts_of_another_version_are_not_believed(project, cache, parsed):
    read(project.root)
    header, _, rest = the_file(cache).read_text().partition("\n")
    the_file(cache).write_text(f"{header.replace('sqlglot ', 'sqlglot 1')}\n{rest}")
    parsed.clear()
    read(project.root)
    assert len(parsed) == 3
    assert the_file(cache).read_text().partition("\n")[0] == header


def test_what_a_template_puts_into_a_file_is_not_kept(project, cache):
    project.write("config/load/shop/_config.sl.yml", "version: 1\nload:\n  metadata: {directory: '${FOLDER}', separator: ','}\n")
    project.write("config/transform/kpi/hidden.sql", "SELECT '${FOLDER}' AS x, '{{ FOLDER }}' AS y FROM shop.orders")
    loaded = load_project(project.root, {"FOLDER": HIDDEN})
    assert str(loaded.tables["shop", "orders"].landing).endswith(HIDDEN)
    assert all(HIDDEN.encode() not in each.read_bytes() for each in cache.iterdir())
    assert the_file(cache).stat().st_mode & 0o077 == 0


def test_a_variable_that_changes_is_seen(project, cache):
    project.write("config/transform/kpi/revenue.sql", "SELECT id FROM shop.{{ which }}")
    found = [load_project(project.root, {"which": which}).tasks["kpi", "revenue"] for which in ("orders", "customers", "orders")]
    assert [each.dependencies[0].name for each in found] == ["orders", "customers", "orders"]


def test_many_may_write_at_once(project, cache):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, [project.root] * 16))
    assert all(each == found[0] for each in found)
    assert [each.suffix for each in cache.iterdir()] == [".facts"]


def test_facts_are_kept_while_there_is_room_and_those_of_forgotten_projects_are_removed(tmp_path, monkeypatch):
    environ = {"SL_CACHE": str(tmp_path / "cache")}
    monkeypatch.setattr("sl_assets.facts._MOST_UNUSED", 1000)
    with open_facts(tmp_path / "old", environ) as facts:
        facts.put("a", "x", fact="old")
    for file in (tmp_path / "cache").iterdir():
        os.utime(file, (time.time() - 400 * 24 * 3600,) * 2)
    for text in "abc":
        with open_facts(tmp_path / "new", environ) as facts:
            facts.put("a", text, fact=text * 600)
    with open_facts(tmp_path / "new", environ) as facts:
        assert [facts.get("a", text) is not None for text in "abc"] == [False, True, True]
    with open_facts(tmp_path / "old", environ) as facts:
        assert facts.get("a", "x") is None


def test_kinds_and_texts_are_told_apart():
    facts = Facts()
    facts.put("a", "b", "c", fact=1)
    assert facts.get("a", "b", "c") == 1
    assert [facts.get("a", "bc"), facts.get("a", "b"), facts.get("ab", "c"), facts.get("c", "b", "c")] == [None] * 4


@settings(max_examples=40)
@given(st.text(), st.recursive(st.text() | st.integers() | st.booleans(), st.lists, max_leaves=5))
def test_what_is_put_comes_back_or_is_not_known(text, fact):
    facts = Facts()
    facts.put("a", text, fact=fact)
    again = Facts(dict(line.rstrip("\n").split(" ", 1) for line in facts.lines()))
    assert again.get("a", text) in (fact, None)


def test_aliases_keep_the_place_of_what_they_mean():
    document = yaml.parse_yaml("a: &x {b: 1}\nc: *x\nd: {<<: [*x, {e: 2}], f: 3}\n", Path("a.yml"), Findings())
    assert document is not None
    assert [document.place(route).line for route in [("c", "b"), ("d", "b"), ("d", "e"), ("d", "f")]] == [1, 1, 3, 3]
