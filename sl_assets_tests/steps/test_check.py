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
    [("type: looks_ahead", "SL222"), ("type: string, privacy: SHA512", "SL223"), ("type: long, privacy: HIDE", "SL223")],
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
