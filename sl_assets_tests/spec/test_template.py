from pathlib import Path

import pytest

from sl_assets.spec.findings import Findings
from sl_assets.spec.template import load_macros, render_text, replace_dollars, words

FILE = Path("a.sl.yml")


def render(text: str, **variables: str) -> tuple[str, list[str]]:
    findings = Findings()
    rendered = render_text(text, variables, FILE, findings)
    return rendered.text, [f"{one.place.line}:{one.place.column} {one.subject}" for one in findings.sorted()]


def test_a_known_variable_is_replaced_in_both_spellings() -> None:
    assert render("{{ a }}-${a}-${ a }", a="1") == ("1-1-1", [])


def test_an_unknown_variable_becomes_empty_with_a_warning_or_stays() -> None:
    assert render("x\ny: {{ b }}${b}") == ("x\ny: ${b}", ["2:7 b"])


@pytest.mark.parametrize(
    "text", ["{{ b | default('c') }}", "{% if b is defined %}{{ b() }}{% endif %}c", "# {{ b }}\nc", "{% set b = 'c' %}{{ b }}"]
)
def test_what_provides_for_the_unknown_needs_no_warning(text: str) -> None:
    assert render(text)[1] == []


def test_a_dotted_unknown_is_empty_too() -> None:
    assert render("{{ b.c.d }}")[0] == ""


def test_lines_survive_blocks_loops_and_comments() -> None:
    text = "one\n{% if true %}\nthree\n{% endif %}\n{# five\nsix #}\n{% for i in [1, 2] -%}\neight{{ i }}\n{% endfor %}\nten"
    rendered = render_text(text, {}, FILE, Findings())
    where = {part: rendered.line(number) for number, part in enumerate(rendered.text.split("\n"), start=1) if part}
    assert where == {"one": 1, "three": 3, "eight1": 8, "eight2": 8, "ten": 10}


def test_a_broken_template_is_told_with_its_line_and_left_as_it_was() -> None:
    findings = Findings()
    rendered = render_text("a\n{{ b c }}", {}, FILE, findings)
    assert (rendered.text, rendered.broken) == ("a\n{{ b c }}", True)
    assert [(one.code, one.place.line) for one in findings.sorted()] == [("SL103", 2)]


@pytest.mark.parametrize(
    "attack", ["{{ ''.__class__.__mro__ }}", "{{ a.append(1) }}", "{{ 1 / 0 }}", "{{ range(10 ** 9) | list }}"]
)
def test_the_sandbox_lets_nothing_out_and_nothing_crashes(attack: str) -> None:
    findings = Findings()
    rendered = render_text(attack, {"a": []}, FILE, findings)
    assert rendered.broken or "class" not in rendered.text
    assert rendered.broken == bool(findings.sorted())


def test_macros_of_a_library_can_be_called_and_see_each_other() -> None:
    library = "{% macro _one() %}1{% endmacro %}{% macro two() %}{{ _one() }}+{{ x }}{% endmacro %}"
    macros = load_macros(library, {"x": "5"}, FILE, Findings())
    assert render_text("{{ two() }}", {}, FILE, Findings(), macros=macros).text == "1+5"
    assert "_one" not in macros


def test_words_are_only_those_of_texts_with_templates() -> None:
    assert words("select SECRET from b") == frozenset()
    assert "SECRET" in words("select {{ SECRET }}")


def test_dollars_are_replaced_once_and_never_in_what_they_brought_in() -> None:
    assert replace_dollars("${a}", {"a": "${b}", "b": "x"}) == "${b}"


@pytest.mark.parametrize(
    "text",
    [
        "{name: {{ long }}, type: here}",
        "{name: ${long}, type: here}",
        "{{ long }}${long}{{ long }} here ${unknown}",
        "a\r\nb {{ long }} here",
        "é漢😀\t{{ long }}\there",
        "{% if true -%}\n   x {{ lines }} here\n{%- endif %}",
        "${lines}\n${long} here",
        "{% for i in [1] %}{{ long }}: here{% endfor %}",
        "{# gone #} here",
    ],
)
def test_a_word_is_found_where_it_was_written(text: str) -> None:
    variables = {"long": "a much longer text", "lines": "a\nb\nc"}
    rendered = render_text(text, variables, FILE, Findings())
    before = rendered.text[: rendered.text.index("here")]
    line, column = rendered.locate(before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert text.splitlines()[line - 1][column - 1 :].startswith("here")


def test_what_a_template_brought_in_is_where_the_template_is() -> None:
    rendered = render_text("one: {{ a }}\ntwo: ${b}", {"a": "12345", "b": "67890"}, FILE, Findings())
    assert [rendered.locate(1, 6), rendered.locate(1, 9), rendered.locate(2, 8)] == [(1, 6), (1, 6), (2, 6)]


@pytest.mark.parametrize("text", ["{{ 2 ** 1000000000 }}", "{{ 'a' * 10 ** 9 }}", "{{ 10 ** 9 * [1] }}"])
def test_a_template_cannot_take_for_ever_over_what_nobody_can_want(text: str) -> None:
    findings = Findings()
    assert render_text(text, {}, Path("a.sl.yml"), findings).broken
    assert "too large" in findings.sorted()[0].fact


def test_powers_and_products_of_usual_size_are_worked_out() -> None:
    assert (
        render_text("{{ 2 ** 10 }} {{ '-' * 3 }} {{ 6 * 7 }} {{ 2 ** 0.5 > 1 }}", {}, Path("a"), Findings()).text
        == "1024 --- 42 True"
    )
