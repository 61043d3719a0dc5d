"""A task whose SQL is made with macros and variables is another one when these are changed, and only then."""

import pytest

from sl_assets.project.digest import changed_parts, code_parts, code_version

MACROS = """
{% macro cents(column) %}{{ column }} * {{ rate }}{% endmacro %}
{% macro both(column) %}{{ cents(column) }} AS cents, {{ column }}{% endmacro %}
{% macro other() %}1{% endmacro %}
"""


@pytest.fixture
def made(shop):
    shop.write("config/env.sl.yml", "version: 1\nenv: {rate: '100', floor: '1', unused: '1'}\n")
    shop.write("config/macros/money.j2", MACROS)
    shop.task("sales", "{% set columns = ['a'] %}\nSELECT {{ both('1') }} AS a\n-- SL_POSTSQL\nSELECT {{ floor }}")
    shop.task("plain", "SELECT 1 AS rate, 2 AS cents")
    return shop


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("config/macros/money.j2", "* {{ rate }}", "/ {{ rate }}", ("macros.cents",)),
        ("config/env.sl.yml", "'100'", "'1000'", ("env.rate",)),
        ("config/env.sl.yml", "floor: '1'", "floor: '2'", ("env.floor",)),
        ("config/env.sl.yml", "unused: '1'", "unused: '2'", ()),
        ("config/macros/money.j2", "other() %}1", "other() %}2", ()),
        ("config/macros/money.j2", "\n{% macro both", "\n{# how much #}\n{% macro both", ()),
    ],
)
def test_what_is_behind_its_sql_is_part_of_its_code_version(made, file, old, new, told):
    before, plain = made.node("kpi.sales"), code_version(made.node("kpi.plain"))
    path = made.root / file
    made.write(file, path.read_text().replace(old, new))
    after = made.node("kpi.sales")
    assert changed_parts(code_parts(before), code_parts(after)) == told
    assert (code_version(before) == code_version(after)) == (not told)
    assert code_version(made.node("kpi.plain")) == plain
