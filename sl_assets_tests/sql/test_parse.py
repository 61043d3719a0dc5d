import pytest

from sl_assets.sql.parse import SqlError, parse_query
from sl_assets.sql.sections import split_sections
from sl_assets.sql.statements import split_statements


@pytest.mark.parametrize("text", ["SELECT 1", "-- first\nSELECT 1 -- last\n;\n;", "/* a; b */ SELECT 1;"])
def test_comments_around_a_query_and_semicolons_do_no_harm(text: str) -> None:
    parsed = parse_query(text)
    assert text[parsed.start : parsed.end] == "SELECT 1"


@pytest.mark.parametrize(
    "text",
    [
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "SELECT 1 UNION ALL SELECT 2",
        "(SELECT 1)",
        "VALUES (1)",
        "FROM t",
        "PIVOT t ON a USING sum(b)",
    ],
)
def test_whatever_yields_rows_is_a_query(text: str) -> None:
    assert parse_query(text).end == len(text)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("SELECT a,\n  b\nFROM t\nWHERE (a = 1\nGROUP BY", "SL302", 5, 1),
        ("SELEC a FROM t", "SL302", 1, 9),
        ("SELECT\n 'abc", "SL302", 2, 2),
        ("-- nothing\n;", "SL305", 0, 0),
        ("SELECT 1;\n SELECT 2", "SL306", 2, 2),
        ("\n  DELETE FROM t", "SL306", 2, 3),
        ("INSERT INTO t SELECT 1", "SL306", 1, 1),
    ],
)
def test_what_is_no_query_is_told_with_its_position(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(SqlError) as told:
        parse_query(text)
    assert (told.value.code, told.value.line, told.value.column) == (code, line, column)


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("(", ")"), ("(SELECT * FROM ", " t)"), ("f(", ")"), ("[", "]"), ("CASE WHEN a THEN ", " END"), ("- ", "")],
)
@pytest.mark.parametrize("depth", [190, 2_000, 100_000])
def test_nesting_that_no_parser_survives_is_told(opening: str, closing: str, depth: int) -> None:
    text = f"SELECT {opening * depth}x{closing * depth}"
    try:
        parse_query(text)
    except SqlError as told:
        assert (told.code, told.fact, told.line) == ("SL302", "the query is nested too deeply.", 1)  # noqa: PT017 - or it is parsed
    else:
        assert depth < 200


def test_a_file_is_split_at_its_section_marks_and_keeps_its_line_numbers() -> None:
    sections = split_sections("-- SL_PRESQL\nSET a = 1;\nSET b = 2;\n-- SL_SQL\nSELECT 1\n--sl_postsql\nSELECT ';'\n")
    assert split_statements(sections.presql) == ((2, "SET a = 1"), (3, "SET b = 2"))
    assert split_statements(sections.postsql) == ((7, "SELECT ';'"),)
    assert sections.query.split("\n").index("SELECT 1") == 4


def test_what_a_file_begins_with_is_known_in_every_section_and_its_line_numbers_stay():
    top = "-- all of it\n{% set days = [1, 2] %}\n{%- macro m(x) -%}\n({{ x }})\n{%- endmacro %}\n{% set q %}\nb\n{% endset %}\n"
    sections = split_sections(f"{top}-- SL_PRESQL\nA {{{{ days }}}};\n-- SL_SQL\nB\n-- SL_POSTSQL\n-- SL_SQL\nC\n")
    assert sections.presql == f"{top}\nA {{{{ days }}}};\n"
    assert sections.query == f"{top}\n\n\n\n\n\nC\n"
    assert sections.postsql == ""
    only = split_sections("{% set a = 1 %}\nSELECT {{ a }}\n-- SL_POSTSQL\nB {{ a }}")
    assert only.query == "{% set a = 1 %}\nSELECT {{ a }}\n"
    assert only.postsql == "{% set a = 1 %}\n\n\nB {{ a }}"
