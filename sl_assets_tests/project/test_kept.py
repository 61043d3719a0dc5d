import os
import pickle
import random
from pathlib import Path

import pytest

from sl_assets.project import kept, load, load_project
from sl_assets.project.digest import code_version
from sl_assets.project.records import Project

HIDDEN = "hunter2-not-for-a-disk"
KEY = "a key of thirty-two characters, and more"
ENV = "version: 1\nenv:\n  which: orders\n  step: '1'\n"


@pytest.fixture
def project(shop, cache):
    shop.table("orders", "id: long!, day: date, amount: double")
    shop.table("customers", "id: long!, name: string")
    shop.write("config/env.sl.yml", ENV)
    shop.write("config/env.test.sl.yml", "version: 1\nenv:\n  which: customers\n")
    shop.write("config/transform/kpi/revenue.sql", "SELECT id FROM shop.{{ which }} WHERE id > ${step}")
    shop.write("config/transform/kpi/today.sql", "SELECT '{{ sl_date }}' AS day FROM shop.orders")
    shop.write("config/transform/kpi/people.py", "def people(customers):\n    return customers\n")
    return shop


@pytest.fixture
def readings(monkeypatch) -> list[Path]:
    """The folders of the projects that were really read."""
    found: list[Path] = []
    read = load._read
    monkeypatch.setattr(load, "_read", lambda location, *others: (found.append(location.root), read(location, *others))[1])
    return found


def same(one: Project, other: Project) -> bool:
    """Equal to the last place: records do not compare their places."""
    return one == other and one.diagnostics == other.diagnostics and repr(one) == repr(other) and one.settings == other.settings


def really(root: Path, environ: dict[str, str]) -> Project:
    """The project without anything kept."""
    return load_project(root, environ, keep=False)


def the_file(cache: Path) -> Path:
    (only,) = cache.glob("*.project")
    return only


def test_a_second_start_reads_nothing_again(project, readings):
    first, second = load_project(project.root, {}), load_project(project.root, {})
    assert len(readings) == 1
    assert same(first, second)
    assert [code_version(each) for each in second.tables.values()] == [code_version(each) for each in first.tables.values()]


def test_code_versions_are_those_of_what_was_read(project):
    load_project(project.root, {})
    for again, read in zip(load_project(project.root, {}).tables.values(), really(project.root, {}).tables.values(), strict=True):
        assert code_version(again) == code_version(read)


CHANGES = {
    "a file with other text": lambda shop: shop.table("orders", "id: long!, day: date"),
    "a file with a line more above": lambda shop: shop.write(
        "config/load/shop/orders.sl.yml", "\n" + (shop.root / "config/load/shop/orders.sl.yml").read_text()
    ),
    "a file more": lambda shop: shop.table("lines", "id: long"),
    "a file less": lambda shop: (shop.root / "config/transform/kpi/revenue.sql").unlink(),
    "a file of another name": lambda shop: (shop.root / "config/transform/kpi/revenue.sql").rename(
        shop.root / "config/transform/kpi/income.sql"
    ),
    "a folder more": lambda shop: (shop.root / "config/external/elsewhere.sl.yml").mkdir(parents=True),
    "a variable of the project": lambda shop: shop.write("config/env.sl.yml", ENV.replace("orders", "customers")),
    "a function": lambda shop: shop.write("config/transform/kpi/people.py", "def people(orders):\n    return orders\n"),
    "a setting": lambda shop: shop.write(
        "config/application.sl.yml",
        (shop.root / "config/application.sl.yml").read_text().replace("application:\n", "application:\n  archive: false\n", 1),
    ),
    "a macro": lambda shop: shop.write("config/macros/own.j2", "{% macro own() %}1{% endmacro %}"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_in_the_folder_is_seen(change, project, readings):
    before = load_project(project.root, {})
    CHANGES[change](project)
    after = load_project(project.root, {})
    assert same(after, really(project.root, {}))
    assert len(readings) == 3
    assert change == "a folder more" or not same(before, after)


@pytest.mark.parametrize(
    "environ",
    [
        {"SL_ENV": "test"},
        {"SL_TIMEZONE": "Asia/Tokyo"},
        {"SL_ARCHIVE": "false"},
        {"SL_DATASETS": "/elsewhere"},
        {"SL_AREA_STAGE": "/elsewhere"},
        {"SL_PRIVACY_KEY": KEY},
        {"which": "customers"},
        {"step": "7"},
    ],
)
def test_whatever_changes_in_the_environment_is_seen(environ, project):
    plain = load_project(project.root, {})
    assert same(load_project(project.root, environ), really(project.root, environ))
    assert same(load_project(project.root, {}), plain)


def test_what_does_not_concern_a_project_does_not_read_it_again(project, readings):
    for environ in ({}, {"HOME": "/root", "SHLVL": "3"}, {"HOME": "/home"}):
        load_project(project.root, environ)
    assert len(readings) == 1


def test_a_name_that_is_put_together_is_seen_when_the_process_gets_it(project):
    project.write("config/env.sl.yml", ENV + "  name: SECR\n")
    project.write("config/transform/kpi/revenue.sql", "SELECT '{{ ${name}ET | default(0) }}' AS id FROM shop.orders")
    load_project(project.root, {})
    again = load_project(project.root, {"SECRET": HIDDEN})
    assert again.environment["SECRET"] == HIDDEN
    assert same(again, really(project.root, {"SECRET": HIDDEN}))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("config/transform/kpi/revenue.sql", "SELECT '${FOLDER}' AS x, '{{ FOLDER }}' AS y FROM shop.orders"),
        ("config/transform/kpi/revenue.sl.yml", "version: 1\ntask:\n  comment: 'of {{ FOLDER }}'\n"),
        ("config/env.sl.yml", ENV + "  more: '${FOLDER}/below'\n"),
    ],
)
def test_what_only_the_process_knows_comes_to_no_disk(file, text, project, cache):
    project.write(file, text)
    found = [load_project(project.root, {"FOLDER": name}) for name in (HIDDEN, HIDDEN, "other")]
    assert same(found[1], really(project.root, {"FOLDER": HIDDEN}))
    assert same(found[2], really(project.root, {"FOLDER": "other"}))
    assert all(HIDDEN.encode() not in each.read_bytes() for each in cache.iterdir())


def test_the_key_of_keyed_hashes_is_read_afresh_and_comes_to_no_disk(project, cache, readings):
    loaded = [load_project(project.root, {"SL_PRIVACY_KEY": key}) for key in (KEY, KEY, KEY[::-1])]
    assert [each.settings.privacy_key for each in loaded] == [KEY, KEY, KEY[::-1]]
    assert len(readings) == 1
    assert all(KEY.encode() not in each.read_bytes() for each in cache.iterdir())
    assert load_project(project.root, {}).settings.privacy_key is None


def test_yaml_that_names_todays_date_is_read_each_time(project, readings):
    project.write("config/transform/kpi/revenue.sl.yml", "version: 1\ntask:\n  comment: 'as of {{ sl_date }}'\n")
    load_project(project.root, {})
    load_project(project.root, {})
    assert len(readings) == 2


def test_a_hint_that_depends_on_all_names_of_the_process_is_made_each_time(project):
    project.write("config/transform/kpi/revenue.sl.yml", "version: 1\ntask:\n  comment: '{{ FOLDR }}'\n")
    load_project(project.root, {})
    told = load_project(project.root, {"FOLDER": "x"}).diagnostics
    assert 'Did you mean "FOLDER"?' in [each.hint for each in told]


def test_what_changes_while_it_is_read_is_not_kept(project, cache, monkeypatch):
    read = load._read

    def read_slowly(*arguments):
        found = read(*arguments)
        project.table("orders", "id: long!")
        return found

    monkeypatch.setattr(load, "_read", read_slowly)
    load_project(project.root, {})
    assert not list(cache.glob("*.project"))


def test_a_folder_with_too_much_in_it_and_links_round_in_a_circle_are_read_each_time(project, readings, monkeypatch):
    (project.root / "config/load/shop/loop").symlink_to(project.root / "config/load")
    expected = really(project.root, {})
    assert same(load_project(project.root, {}), expected)
    (project.root / "config/load/shop/loop").unlink()
    monkeypatch.setattr("sl_assets.project.config_texts.LARGEST", 100)
    for _ in range(2):
        assert same(load_project(project.root, {}), expected)
    assert len(readings) == 4


def test_what_is_damaged_or_of_other_code_is_read_again_and_written_anew(project, cache, readings):
    whole = load_project(project.root, {})
    good = the_file(cache).read_bytes()
    chance = random.Random(4)  # noqa: S311 - the same damage each time
    for _ in range(8):
        damaged = bytearray(good)
        for _ in range(chance.choice([1, 1, 40])):
            damaged[chance.randrange(len(damaged))] ^= chance.randrange(1, 256)
        the_file(cache).write_bytes(damaged[: chance.choice([len(damaged), chance.randrange(len(damaged))])])
        assert same(load_project(project.root, {}), whole)
    assert len(readings) == 9
    the_file(cache).write_bytes(good.replace(b"sqlglot ", b"sqlglot 1", 1))
    assert same(load_project(project.root, {}), whole)
    assert len(readings) == 10
    assert the_file(cache).read_bytes().partition(b"\n")[0] == good.partition(b"\n")[0]


class Evil:
    def __init__(self, target: str) -> None:
        self.target = target

    def __reduce__(self):
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("content", ["evil", "other", "function", "nested"])
def test_what_somebody_else_put_there_does_not_run(content, project, cache, tmp_path, readings):
    load_project(project.root, {})
    header, key, _, _ = the_file(cache).read_bytes().split(b"\n", 3)
    ran = tmp_path / "ran"
    found = {
        "evil": pickle.dumps(Evil(str(ran))),
        "other": pickle.dumps({"a": 1}),
        "function": b"\x80\x04\x8c\x17sl_assets.project.digest\x8c\x0ccode_version\x93.",
        "nested": b"\x80\x04\x8c\x16sl_assets.project.kept\x8c\x12_Records.find_class\x93.",
    }[content]
    the_file(cache).write_bytes(b"\n".join((header, key, kept._seal(key, found), found)))
    load_project(project.root, {})
    assert not ran.exists()
    assert len(readings) == 2


def test_only_records_are_made():
    for module, name in [
        ("os", "system"),
        ("builtins", "eval"),
        ("sl_assets.project.functions", "importlib.import_module"),
        ("sl_assets.project.functions", "load_function"),
        ("sl_assets.project.functions", "Path"),
        ("sl_assets.steps.load", "load"),
        ("sl_assets.project.nothing", "Nothing"),
    ]:
        with pytest.raises((pickle.UnpicklingError, ImportError)):
            kept._record(module, name)
    assert kept._record("sl_assets.project.records", "Table").__name__ == "Table"
