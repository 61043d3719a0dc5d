import os

import pytest
import yaml
from click.testing import CliRunner

from sl_assets.cli.main import main


@pytest.fixture
def invoke(shop, monkeypatch):
    for name in ("DAGSTER_HOME", "FORCE_COLOR", "NO_COLOR", "SL_ENV", "SL_METADATA", "SL_DATASETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SL_ROOT", str(shop.root))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.delenv("DAGSTER_HOME", raising=False)
        return CliRunner(catch_exceptions=False).invoke(main, [str(each) for each in arguments])

    return run


def config(shop):
    return {path: path.read_text() for path in (shop.root / "config").rglob("*") if path.is_file()}


def test_infer_prints_yaml_and_writes_nothing(shop, invoke):
    before = config(shop)
    result = invoke("infer", shop.land("orders_1.csv", "id,day\n1,2024-01-01\n"))
    assert result.exit_code == 0
    (table,) = yaml.safe_load_all(result.stdout)
    assert table["table"]["attributes"] == [{"name": "id", "type": "long"}, {"name": "day", "type": "date"}]
    assert config(shop) == before


def test_infer_writes_types_and_table_and_the_project_is_right(shop, invoke):
    result = invoke("infer", "--write", shop.land("orders_1.csv", "id,day\n1,31/12/2024\n"))
    assert result.exit_code == 0, result.output
    assert shop.node("shop.orders").attributes[1].type.pattern == "dd/MM/yyyy"
    assert not list((shop.root / "config").rglob(".*"))
    again = invoke("infer", "--write", shop.land("orders_2.csv", "id,day,more\n1,30/11/2024,x\n"))
    assert again.exit_code == 0, again.output
    assert [each.name for each in shop.node("shop.orders").attributes] == ["id", "day", "more"]


def test_infer_takes_files_of_different_names_for_different_tables(shop, invoke):
    files = [shop.land("orders_1.csv", "id\n1\n"), shop.land("people.json", '{"a": 1}\n'), shop.land("orders_2.csv", "id\n2\n")]
    tables = [each["table"]["name"] for each in yaml.safe_load_all(invoke("infer", *files).stdout)]
    assert tables == ["orders", "people"]


def test_infer_works_without_a_project(tmp_path, monkeypatch):
    monkeypatch.setenv("SL_ROOT", str(tmp_path))
    file = tmp_path / "shop" / "orders.csv"
    file.parent.mkdir()
    file.write_text("id;name\n1;x\n")
    result = CliRunner().invoke(main, ["infer", str(file)])
    assert [sorted(each) for each in yaml.safe_load_all(result.stdout)] == [["load", "version"], ["table", "version"]]


def test_infer_writes_nothing_into_a_project_with_errors(shop, invoke):
    shop.table("broken", "id: nothing")
    before = config(shop)
    assert invoke("infer", "--write", shop.land("orders_1.csv", "id\n1\n")).exit_code == 2
    assert config(shop) == before


def test_infer_writes_nothing_that_would_make_the_project_wrong(shop, invoke):
    shop.write("config/transform/shop/orders.sl.yml", "version: 1\ntask: {writeStrategy: {type: OVERWRITE}}\n")
    shop.write("config/transform/shop/orders.sql", "select 1 as id")
    before = config(shop)
    result = invoke("infer", "--write", shop.land("orders_1.csv", "id\n1\n"))
    assert (result.exit_code, config(shop)) == (1, before)
    assert "SL206" in result.output


@pytest.mark.parametrize(
    ("content", "words"), [("", "is empty"), ("ANA       LYON       0001\n" * 4, "looks like fixed-width text")]
)
def test_infer_says_which_file_it_cannot_read(shop, invoke, content, words):
    result = invoke("infer", shop.land("orders.csv", content))
    assert words in result.output


@pytest.mark.slow
def test_load_new_makes_a_domain_of_a_folder_and_loads_it(shop, invoke):
    folder = shop.root / "datasets/incoming/crm"
    folder.mkdir(parents=True)
    (folder / "people_1.csv").write_text("id,name\n1,Ana\n")
    (folder / "people_2.csv").write_text("id,name\n2,Lea\n")
    (folder / "calls.json").write_text('{"at": "2024-01-01T00:00:00Z"}\n')
    dry = invoke("load-new", "--dry-run")
    assert (dry.exit_code, (shop.root / "config/load/crm").exists()) == (0, False)
    result = invoke("load-new")
    assert result.exit_code == 0, result.output
    assert shop.rows("SELECT * FROM crm.people ORDER BY id") == [(1, "Ana"), (2, "Lea")]
    assert shop.rows("SELECT count(*) FROM crm.calls") == [(1,)]
    assert "Nothing new" in invoke("load-new").output


@pytest.mark.slow
def test_load_new_makes_a_table_of_files_that_no_table_of_a_domain_claims(shop, invoke):
    shop.table("orders", "id: long")
    shop.land("orders_1.csv", "id\n1\n")
    shop.land("returns_1.csv", "id\n7\n")
    assert invoke("load-new").exit_code == 0
    assert shop.rows("SELECT id FROM shop.returns") == [(7,)]
    assert shop.files("incoming") == ["orders_1.csv"]


@pytest.mark.slow
def test_load_new_says_what_it_cannot_load_and_loads_the_rest(shop, invoke):
    shop.land("good.csv", "id\n1\n")
    shop.land("empty.csv", "")
    (shop.root / "datasets/incoming/no name").mkdir()
    (shop.root / "datasets/incoming/no name/a.csv").write_text("id\n1\n")
    result = invoke("load-new")
    assert result.exit_code == 1
    assert '"no name" is not a name for a domain' in result.output
    assert "empty.csv  content: is empty" in result.output
    assert shop.rows("SELECT id FROM shop.good") == [(1,)]


def test_load_new_does_not_make_a_second_table_where_a_pattern_is_too_narrow(shop, invoke):
    shop.table("orders", "id: long", pattern="orders_[0-9]{8}[.]csv")
    shop.land("orders_1.csv", "id\n1\n")
    result = invoke("load-new")
    assert result.exit_code == 1
    assert "whose pattern does not match orders_1.csv" in result.output


def test_a_full_disk_leaves_the_project_as_it_was(shop, invoke, monkeypatch):
    before = config(shop)
    real = os.fsync
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr("os.fsync", full)
    result = invoke("infer", "--write", shop.land("orders_1.csv", "id,day\n1,31/12/2024\n"))
    assert (result.exit_code, config(shop)) == (1, before)
    assert "nothing was written: [Errno 28] No space left on device" in result.output
