import pytest

from sl_assets.project import load_project
from sl_assets.steps.check import check_rules

TYPES = """
version: 1
types:
  - {name: looks_ahead, primitiveType: string, pattern: '(?=a)a'}
"""
TABLE = """
version: 1
table:
  name: goods
  pattern: goods.*
  attributes:
    - {name: id, type: long}
    - {name: bad, %s}
"""


@pytest.mark.parametrize(
    ("rule", "code"),
    [("type: looks_ahead", "SL222"), ("type: date, privacy: SHA512", "SL223"), ("type: long, privacy: HIDE", "SL223")],
)
def test_a_rule_the_engine_cannot_carry_out_is_told_at_its_line(shop, rule, code):
    shop.write("config/types/types.sl.yml", TYPES)
    shop.write("config/load/shop/goods.sl.yml", TABLE % rule)
    (found,) = check_rules(load_project(shop.root, {})).errors
    assert (found.code, found.place.line, found.subject) == (code, 8, "bad")


def test_a_sound_project_is_left_as_it_is(shop):
    shop.table("goods", "id: long!, label: string, price: double, day: date")
    project = load_project(shop.root, {})
    assert check_rules(project) == project


EXPRESSIONS = """
version: 1
table:
  name: goods
  pattern: goods.*
  filter: %s
  attributes:
    - {name: id, type: long}
    - {name: label, rename: title}
    - {name: f, script: "%s"}
    - {name: g, script: "f || title"}
"""


@pytest.mark.parametrize(
    ("condition", "script", "told"),
    [
        (
            "id > 1",
            "sl_input_file_nam",
            '10:7 f.script: column "sl_input_file_nam" is unknown. Did you mean "sl_input_file_name"?',
        ),
        ("id > 1", "_metadata.file_nme", '10:7 f.script: cannot be evaluated: Could not find key "file_nme" in struct.'),
        ("id > 1", "label", '10:7 f.script: column "label" is unknown. Allowed: id, title, sl_input_file_name,'),
        ("id > 1", "g", '10:7 f.script: column "g" is unknown. Allowed: id, title,'),
        ("id >", "title", '6:11 filter: cannot be evaluated: syntax error at or near ")".'),
        ("price > 1", "title", '6:11 filter: column "price" is unknown. Allowed: '),
    ],
)
def test_an_expression_that_cannot_be_evaluated_is_told_at_its_line(shop, condition, script, told):
    shop.write("config/load/shop/goods.sl.yml", EXPRESSIONS % (condition, script))
    (found,) = check_rules(load_project(shop.root, {})).errors
    assert found.code == "SL226"
    assert f"{found.place.line}:{found.place.column} {found.subject}: {found.fact} {found.hint}".startswith(told)


@pytest.mark.parametrize(
    "script",
    [
        "parse_filename(sl_input_file_name)",
        "_metadata.file_name || sl_input_file_size || sl_input_file_path || sl_input_file_modified_at",
        "house_macro(title)",
        "(SELECT max(name) FROM other.names)",
        "upper(TITLE)",
        "read_text('/nowhere')",
    ],
)
def test_an_expression_that_may_have_a_meaning_in_the_warehouse_is_left_alone(shop, script):
    shop.write("config/load/shop/goods.sl.yml", EXPRESSIONS % ("g <> 'x'", script))
    project = load_project(shop.root, {})
    assert check_rules(project) == project


def test_a_function_of_privacy_that_is_not_there_is_told_before_a_run(shop):
    text = shop.root.joinpath("config/application.sl.yml").read_text()
    shop.write("config/application.sl.yml", text + "  privacy: {options: {token: 'tokens:tokenize'}}\n")
    shop.write("config/privacy/tokens.py", "def tokenise(values):\n    return values\n")
    shop.write("config/load/shop/goods.sl.yml", TABLE % "privacy: token")
    (found,) = check_rules(load_project(shop.root, {})).errors
    assert (found.code, found.place.line, found.subject) == ("SL223", 8, "bad")
    assert "is no function. Allowed: tokenise" in found.fact
