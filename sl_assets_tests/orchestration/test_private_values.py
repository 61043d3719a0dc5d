"""A private value reaches no table, no event, no log and no terminal, however the load goes."""

import logging

import pytest
from click.testing import CliRunner

from sl_assets.cli.main import main
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.shop import APPLICATION

MARKER = "s3cr3tm4rk3r"
KEY = "the-key-of-this-test-0123456789"
TYPES = """
version: 1
types:
  - {name: digits, primitiveType: string, pattern: '[0-9]+'}
"""
FUNCTION = """
def fails(values):
    raise ValueError(values[0].as_py())
"""
PRIVACY = "  rejectWithValue: true\n  privacy: {options: {broken: 'own:fails'}}\n"
ID = "{name: id, type: long}"
NAME = "{name: name, type: string, privacy: HMAC_SHA256}"
CARD = "{name: card, type: digits, privacy: SHA512, foreignKey: shop.cards.card}"
PERSON = (
    "{name: person, type: struct, attributes: [{name: mail, type: digits, privacy: MD5}, {name: age, type: long}, "
    "{name: phones, type: digits, array: true, privacy: HIDE}]}"
)

UNREAD = ("a script", "a function", "no header", "broken XML")
Case = tuple[str, tuple[str, ...], str | bytes]
CASES: dict[str, Case] = {
    "wrong values": ("format: DSV", (ID, CARD), f"id,card\n1,{MARKER}\nx,1\n2,1 {MARKER}\n3,4\n"),
    "too many values": ("format: DSV", (ID, CARD), f"id,card\n1,2,{MARKER}\n3,4\n"),
    "a quote that does not end": ("format: DSV", (ID, CARD), f'id,card\n1,2\n3,"{MARKER}"x{MARKER}\n4,"{MARKER}\n'),
    "too few values": ("format: DSV", (ID, CARD, ID.replace("id", "n")), f"id,card,n\n1,{MARKER}\n3,4,5\n"),
    "another encoding": ("format: DSV", (ID, NAME), f"id,name\n1,{MARKER}\n2,\u00e9{MARKER}\n".encode("latin-1")),
    "no header": ("format: DSV", (ID, NAME), f"1,{MARKER}\n2,{MARKER}\n"),
    "no text": ("format: DSV", (ID, NAME), f"id,name\n\0\0{MARKER}\0\xff".encode("utf-16")),
    "nested values": (
        "format: JSON",
        (ID, PERSON),
        "\n".join(
            (
                f'{{"id":1,"person":{{"mail":"{MARKER}","age":"x","phones":["1","{MARKER}"]}}}}',
                f'{{"id":2,"person":"{MARKER}"}}',
                f'{{"id":"x","person":{{"mail":{{"a":"{MARKER}"}}}}}}',
                '{"id":3,"person":null}',
            )
        ),
    ),
    "broken JSON": ("format: JSON", (ID, PERSON), f'{{"id":1,"person":{{"mail":"{MARKER}"}}\n{MARKER}'),
    "not an object": ("format: JSON", (ID, NAME), f'"{MARKER}"\n["{MARKER}"]\n'),
    "broken JSON array": ("format: JSON, array: true", (ID, NAME), f'[{{"id":1,"name":"{MARKER}"}},{{"id":{MARKER}'),
    "broken XML": ("format: XML, options: {rowTag: r}", (ID, NAME), f"<t><r><id>1</id><name>{MARKER}<{MARKER}></name></r></t>"),
    "an entity": ("format: XML, options: {rowTag: r}", (ID, NAME), f"<t><r><id>1</id><name>&{MARKER};</name></r></t>"),
    "a declared entity": (
        "format: XML, options: {rowTag: r}",
        (ID, NAME),
        f'<!DOCTYPE t [<!ENTITY {MARKER} "{MARKER}">]><t><r><id>1</id><name>&{MARKER};</name></r></t>',
    ),
    "wrong values in XML": ("format: XML, options: {rowTag: r}", (ID, CARD), f"<t><r><id>x</id><card>{MARKER}</card></r></t>"),
    "no Parquet": ("format: PARQUET", (ID, NAME), f"PAR1{MARKER}{MARKER}PAR1"),
    "fixed width": (
        "format: POSITION",
        ("{name: id, type: long, position: {first: 0, last: 1}}", "{name: name, position: {first: 2, last: 20}, privacy: SHA1}"),
        f"x1{MARKER}\n12{MARKER}\n",
    ),
    "a script that meets quotes": (
        "format: DSV",
        (NAME, "{name: n, type: long, script: 'name::BIGINT'}"),
        f"name\nit's {MARKER} 'n' \"{MARKER}\" `{MARKER}\n",
    ),
    "a header of quotes": ("format: DSV", (ID, NAME), f"`1,{MARKER}`,'{MARKER} it's {MARKER}\n"),
    "a script": ("format: DSV", (NAME, "{name: n, type: long, script: 'name::BIGINT'}"), f"name\n{MARKER}\n"),
    "an expression": (
        "format: DSV",
        ("{name: n, type: long, privacy: 'SQL:id::BIGINT'}", NAME.replace("name: name", "name: id")),
        f"n,id\n1,{MARKER}\n",
    ),
    "a function": ("format: DSV", (ID, NAME.replace("HMAC_SHA256", "broken")), f"id,name\n1,{MARKER}\n"),
    "all or nothing": ("format: DSV", (ID, NAME), f"id,name\n1,{MARKER}\nx,{MARKER}\n"),
    "accepted": ("format: DSV", (ID, NAME, CARD.replace("digits", "string")), f"id,name,card\n1,{MARKER},{MARKER}\n"),
}


@pytest.fixture
def private_shop(shop, monkeypatch):
    monkeypatch.setenv("SL_PRIVACY_KEY", KEY)
    monkeypatch.setenv("SL_ROOT", str(shop.root))
    project = shop.project
    monkeypatch.setattr(shop, "project", lambda: project({"SL_PRIVACY_KEY": KEY}))
    shop.write("config/application.sl.yml", APPLICATION + PRIVACY)
    shop.write("config/privacy/own.py", FUNCTION)
    shop.write("config/types/types.sl.yml", TYPES)
    return shop


def deliver(shop, name: str) -> None:
    form, attributes, content = CASES[name]
    lines = [f"version: 1\ntable:\n  name: goods\n  pattern: goods.*\n  metadata: {{{form}, separator: ',', withHeader: true}}"]
    lines += ["  attributes:", *(f"    - {each}" for each in attributes)]
    shop.write("config/load/shop/goods.sl.yml", "\n".join(lines) + "\n")
    if name == "all or nothing":
        shop.write("config/application.sl.yml", APPLICATION + PRIVACY + "  rejectAllOnError: true\n")
    path = shop.land("goods1.dat", "")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def told(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> str:
    out, err = capsys.readouterr()
    return out + err + caplog.text


def everything(shop) -> str:
    """All rows of all tables of the warehouse."""
    tables = shop.rows("SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema <> 'main'")
    assert ("audit", "rejected") in tables
    each = [f'SELECT t::VARCHAR FROM "{schema}"."{name}" AS t' for schema, name in tables]
    return str(shop.rows(" UNION ALL ".join(each)))


@pytest.fixture
def invoke(monkeypatch):
    """The command in this process on the project of `SL_ROOT`."""
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: CliRunner(catch_exceptions=False).invoke(main, words)


@pytest.fixture(params=["through a batch", "while it is read"])
def both_ways(request, monkeypatch) -> None:
    if request.param == "while it is read":
        monkeypatch.setattr("sl_assets.steps.new_files.LARGE", 0)


@pytest.mark.slow
@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("name", CASES)
def test_a_load_tells_no_private_value(name, private_shop, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    deliver(private_shop, name)
    project = private_shop.project()
    warehouse = Warehouse.of(project.settings)
    said = repr(load(project, warehouse, private_shop.node("shop.goods"), Run("r1")))
    said += everything(private_shop) + told(capsys, caplog) + repr(project) + repr(project.settings)
    assert MARKER not in said
    assert KEY not in said
    assert MARKER.encode() not in project.settings.database.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["wrong values", "nested values", "a script", "a function", "no header", "broken XML", "accepted"]
)
def test_dagster_and_the_command_line_are_told_no_private_value(name, private_shop, dagster, invoke, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    deliver(private_shop, name)
    result = dagster.run("shop/goods")
    logs = dagster.instance.all_logs(result.run_id)
    printed = "".join(invoke(*words).output for words in (["rejects"], ["rejects", "--rows"], ["files"]))
    said = "".join(map(repr, logs)) + printed + everything(private_shop) + told(capsys, caplog)
    assert ("goods1.dat" in printed) == (name not in UNREAD)
    assert MARKER not in said
    assert KEY not in said
    stored = [path for path in (private_shop.root / "home").rglob("*") if path.is_file()]
    assert stored
    assert [path for path in stored if MARKER.encode() in path.read_bytes() or KEY.encode() in path.read_bytes()] == []


@pytest.mark.slow
def test_the_marker_is_found_where_nothing_is_private(private_shop):
    deliver(private_shop, "wrong values")
    table = private_shop.root / "config/load/shop/goods.sl.yml"
    table.write_text(table.read_text().replace("privacy: SHA512, ", ""))
    project = private_shop.project()
    load(project, Warehouse.of(project.settings), private_shop.node("shop.goods"), Run("r1"))
    assert MARKER in everything(private_shop)
