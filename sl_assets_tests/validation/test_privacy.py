"""Every method of `privacy` against what it means, value by value in plain Python."""

import hashlib
import hmac
import re
from collections.abc import Callable

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sl_assets.project.privacy import PrivacyNames, read_option
from sl_assets.project.reading import Reading
from sl_assets.project.records import Format, Type
from sl_assets.validation import PrivacyError, compile_validation, prepare_privacy
from sl_assets_tests.validation.tables import BUILT_IN, attribute, table, text_reading, validated

KEY = "0123456789abcdef" * 5  # longer than a block of SHA-256
SHORT_KEY = "a key of some 20 c."
HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda text: hashlib.md5(text, usedforsecurity=False).hexdigest(),
    "SHA1": lambda text: hashlib.sha1(text, usedforsecurity=False).hexdigest(),
    "SHA256": lambda text: hashlib.sha256(text).hexdigest(),
    "SHA512": lambda text: hashlib.sha512(text).hexdigest(),
    "HMAC_SHA256": lambda text: hmac.new(KEY.encode(), text, "sha256").hexdigest(),
}


def initials(text: str) -> str:
    return "".join(f"{word[0]}." for word in re.split("[ \t\n\x0b\f\r]+", text) if word)


def email(algorithm: str) -> Callable[[str], str]:
    def judge(text: str) -> str:
        local, at, domain = text.rpartition("@")
        return HASHES[algorithm]((local if at else text).encode()) + at + (domain if at else "")

    return judge


def address(separator: str, count: int) -> Callable[[str], str]:
    def judge(text: str) -> str:
        groups = text.split(separator)
        return separator.join([*groups[: max(len(groups) - count, 0)], *["0"] * count])

    return judge


def mask(character: str, count: int, left: int, right: int) -> Callable[[str], str]:
    def judge(text: str) -> str:
        if len(text) <= left + right:
            return character * count
        return text[:left] + character * count + text[len(text) - right :]

    return judge


ORACLE: dict[str, Callable[[str], str]] = {
    **{name: lambda text, digest=digest: digest(text.encode()) for name, digest in HASHES.items()},
    "hide": lambda _: "",
    "HIDE10X": lambda _: "X" * 10,
    "HIDE('né', 3)": lambda _: "nénéné",
    "INITIALS": initials,
    "EMAIL": email("SHA256"),
    **{f'Email("{name}")': email(name) for name in HASHES},
    "IPV4": address(".", 1),
    "IPv4(3)": address(".", 3),
    "IPV6": address(":", 4),
    "IPv6(1)": address(":", 1),
    'Mask("*", 4, 1, 3)': mask("*", 4, 1, 3),
    "Mask('é',2,0,0)": mask("é", 2, 0, 0),
    "Mask('#',0,2,0)": mask("#", 0, 2, 0),
    "NONE": lambda text: text,
    "no": lambda text: text,
}
SPELLINGS = [
    "",
    " ",
    "Jean van Damme",
    "  a\tb\u00a0c ",
    "é",
    "日本 語",
    "\U0001f600 x",
    "a@b.c",
    "a@b@c",
    "@",
    "a@",
    "@b",
    "a\n@b\n",
]
ADDRESSES = ["10.1.2.3", "10.1", "...", "fe80::1", "::1", "fe80::", "2001:db8:0:1:2:3:4:5", "::ffff:1.2.3.4"]
TEXTS = st.one_of(st.sampled_from([*SPELLINGS, *ADDRESSES]), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
CELLS = st.lists(st.one_of(st.none(), TEXTS), min_size=1, max_size=30)
AS_IT_IS = Format(empty_is_null=False)


def shown(connection: duckdb.DuckDBPyConnection, level: str, cells: list[str | None], key: str = KEY) -> list[object]:
    orders = table(attribute("a", privacy=level), format=AS_IT_IS)
    return [row["a"] for row in validated(connection, orders, text_reading(connection, {"a": cells}), key=key)]


@pytest.mark.parametrize("level", ORACLE)
def test_known_spellings_are_shown_as_the_method_says_and_null_stays_null(level, connection):
    cells = [None, *SPELLINGS, *ADDRESSES]
    expected = [None if cell is None else ORACLE[level](cell) for cell in cells]
    assert list(zip(cells, shown(connection, level, cells), strict=True)) == list(zip(cells, expected, strict=True))


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(ORACLE)), CELLS)
def test_any_text_is_shown_as_the_method_says(connection, level, cells):
    assert shown(connection, level, cells) == [None if cell is None else ORACLE[level](cell) for cell in cells]


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([level for level in ORACLE if level not in {"NONE", "no"}]), CELLS)
def test_elements_of_arrays_and_fields_of_structs_are_shown_the_same_way(connection, level, cells):
    within = attribute("s", "struct", attributes=(attribute("f", privacy=level), attribute("l", array=True, privacy=level)))
    orders = table(attribute("a", array=True, privacy=level), within, format=AS_IT_IS)
    as_json = connection.execute("SELECT CAST(to_json($1::VARCHAR[]) AS VARCHAR)", [cells]).fetchone()[0]
    one = connection.execute("SELECT CAST(to_json($1::VARCHAR) AS VARCHAR)", [cells[0]]).fetchone()[0] or "null"
    reading = text_reading(connection, {"a": [as_json], "s": [f'{{"f":{one},"l":{as_json}}}']}, "json")
    (row,) = validated(connection, orders, reading, key=KEY)
    expected = [None if cell is None else ORACLE[level](cell) for cell in cells]
    assert row["sl_errors"] is None
    assert (row["a"], row["s"]) == (expected, {"f": expected[0], "l": expected})


def test_the_keyed_hash_depends_on_the_key_alone(connection):
    for key in (KEY, SHORT_KEY):
        expected = hmac.new(key.encode(), b"Jean", "sha256").hexdigest()
        assert shown(connection, "HMAC_SHA256", ["Jean"], key) == [expected]


def test_the_key_stands_in_no_sql_and_in_no_error(connection):
    orders = table(attribute("a", privacy="HMAC_SHA256"), attribute("n", "long", script="error('stop')::BIGINT"))
    prepare_privacy(connection, orders, KEY)
    sql = compile_validation(orders, text_reading(connection, {"a": ["x"]}), timezone="UTC")
    with pytest.raises(duckdb.Error) as raised:
        connection.execute(sql)
    assert KEY[:16] not in sql + str(raised.value) + repr(raised.value)


def test_without_a_key_a_keyed_hash_fails_instead_of_making_nulls(connection):
    orders = table(attribute("a", privacy="HMAC_SHA256"))
    with pytest.raises(PrivacyError, match="needs a key"):
        prepare_privacy(connection, orders, None)
    sql = compile_validation(orders, text_reading(connection, {"a": ["x"]}), timezone="UTC")
    with pytest.raises(duckdb.Error, match="no key was prepared"):
        connection.execute(sql).fetchall()


def test_more_values_than_a_vector_holds_are_hashed_one_by_one_and_in_their_rows(connection):
    connection.execute(
        "CREATE TABLE many AS SELECT CASE WHEN i % 7 > 0 THEN 'value ' || (i % 3000) END AS a FROM range(10000) t(i)"
    )
    reading = Reading(("f",), "SELECT 'f' AS sl_file, a FROM many", "text", frozenset({"a"}))
    cells = [row[0] for row in connection.execute("SELECT a FROM many").fetchall()]
    rows = validated(connection, table(attribute("a", privacy="SHA512")), reading)
    assert [row["a"] for row in rows] == [None if cell is None else ORACLE["SHA512"](cell) for cell in cells]


NUMBERS = {"byte": 7, "short": 15, "int": 31, "long": 63}


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize(("level", "share"), [("APPROXLONG20", 20), ("ApproxLong(1)", 1), ("ApproxLong(100)", 100)])
def test_an_approximate_whole_number_stays_near_and_within_its_type(kind, level, share, connection):
    most = 2 ** NUMBERS[kind] - 1
    numbers = [most, -most - 1, most - 1, 0, 1, -1, 100, *([most // 2] * 20)]
    pattern = Type(kind, "long", r"-?\d+", BUILT_IN[kind].ddl)
    reading = text_reading(connection, {"n": [None, *map(str, numbers)]})
    none, *found = [row["n"] for row in validated(connection, table(attribute("n", pattern, privacy=level)), reading)]
    assert none is None
    for number, near in zip(numbers, found, strict=True):
        assert abs(near - number) <= abs(number) * share / 100 * (1 + 1e-9) + 1, number  # cut off, so up to 1 farther
        assert -most - 1 <= near <= most


@pytest.mark.parametrize("kind", ["double", "decimal"])
def test_an_approximate_real_number_stays_near(kind, connection):
    texts = ["1.5", "-1e9", "0", "99999999999999999999999999999.5", "0.000000001"]
    texts += ["1.7976931348623157e308", "-1.7e308"] if kind == "double" else []
    reading = text_reading(connection, {"n": [None, *texts * 10]})
    rows = validated(connection, table(attribute("n", kind, privacy="ApproxDouble(10)")), reading)
    assert rows[0]["n"] is None
    for text, row in zip(texts * 10, rows[1:], strict=True):
        assert float(row["n"]) == pytest.approx(float(text), rel=0.1001, abs=2e-9), text
    assert len({row["n"] for row in rows[1 :: len(texts)]}) > 1


@pytest.mark.parametrize(
    ("kind", "level", "least", "most"),
    [
        ("long", "RandomLong", -(2**63), 2**63),
        ("int", "RandomLong", -(2**31), 2**31),
        ("byte", "RANDOMINT", -128, 127),
        ("int", "RandomInt(5, 8)", 5, 7),
        ("double", "RandomDouble", 0, 1),
        ("decimal", "RandomDouble(-2.5, 7)", -2.5, 7),
        ("string", "RandomInt(1, 9)", 1, 8),
        ("string", "RANDOMDOUBLE", 0, 1),
    ],
)
def test_a_random_number_takes_the_place_of_a_value_but_not_of_null(kind, level, least, most, connection):
    plain = BUILT_IN[kind] if kind in {"string", "double", "decimal"} else Type(kind, "long", r"-?\d+", BUILT_IN[kind].ddl)
    reading = text_reading(connection, {"n": [None, *["1"] * 60]})
    rows = validated(connection, table(attribute("n", plain, privacy=level)), reading)
    numbers = [float(row["n"]) for row in rows[1:]]
    assert rows[0]["n"] is None
    assert all(least <= number <= most for number in numbers)
    assert len(set(numbers)) > 1


@pytest.mark.parametrize(
    ("kind", "level", "reason"),
    [
        ("byte", "RandomInt(0, 300)", "gives numbers that TINYINT cannot hold"),
        ("long", "APPROXDOUBLE", "Allowed: types of double, decimal"),
        ("long", "RANDOMDOUBLE", "Allowed: types of string, double, decimal"),
        ("date", "EMAIL", "Allowed: types of string"),
    ],
)
def test_a_method_whose_output_does_not_fit_the_type_is_refused(kind, level, reason, connection):
    with pytest.raises(PrivacyError, match=reason):
        compile_validation(table(attribute("a", kind, privacy=level)), text_reading(connection, {"a": ["1"]}), timezone="UTC")


def test_scripts_and_expressions_see_the_values_and_the_filter_what_was_made_of_them(connection):
    orders = table(
        attribute("name", privacy="HIDE10X"),
        attribute("mail", privacy="SQL: name || '/' || mail -- both"),
        attribute("tags", array=True, privacy="SQL: list_reverse(tags)"),
        attribute("size", "long", script="length(name)", privacy="ApproxLong(1)"),
        attribute("words", array=True, script="string_split(name, ' ')", privacy="INITIALS"),
        filter="name = 'XXXXXXXXXX'",
    )
    reading = text_reading(connection, {"name": ["Ann Lee"], "mail": ["a@b"], "tags": ['["x","y"]']})
    (row,) = validated(connection, orders, reading)
    assert (row["name"], row["mail"], row["tags"], row["sl_filtered"]) == ("X" * 10, "Ann Lee/a@b", ["y", "x"], False)
    assert (row["words"], row["size"] in (6, 7)) == (["A.", "L."], True)


def test_a_default_is_made_private_too_and_an_ignored_attribute_is_dropped(connection):
    orders = table(attribute("a", privacy="INITIALS", default="no name"), attribute("b", privacy="MD5", ignore=True))
    (row,) = validated(connection, orders, text_reading(connection, {"a": [None], "b": ["x"]}))
    assert row == {"sl_file": "f", "a": "n.n.", "sl_errors": None}


FUNCTIONS = """
import pyarrow as pa
import pyarrow.compute as pc

def backwards(values, suffix=""):
    assert isinstance(values, pa.StringArray) and values.null_count == 0
    assert len(set(values.to_pylist())) == len(values)
    return pc.binary_join_element_wise(pc.utf8_reverse(values), suffix, "")

def nothing(values):
    return pa.nulls(len(values), pa.string())

def fails(values):
    raise ValueError(values[0].as_py())

def too_few(values):
    return values[:0]
"""


@pytest.fixture
def function(tmp_path):
    (tmp_path / "own.py").write_text(FUNCTIONS)

    def named(text: str):
        return read_option(text, tmp_path)

    return named


def test_a_function_of_the_project_gets_each_value_once_and_never_null(function, connection):
    orders = table(attribute("a", privacy=function('own:backwards("!")')), attribute("b", privacy=function("own:nothing")))
    cells = [None, "abc", "abc", "é日", ""] * 50
    rows = validated(connection, orders, text_reading(connection, {"a": cells, "b": cells}))
    expected = [None if cell is None else cell[::-1] + "!" for cell in cells]
    assert [(row["a"], row["b"]) for row in rows] == [(text, None) for text in expected]


@pytest.mark.parametrize(("name", "words"), [("fails", "failed with ValueError"), ("too_few", "must give one text for each")])
def test_a_function_that_fails_is_named_without_the_value_it_failed_at(name, words, function, connection):
    orders = table(attribute("a", privacy=function(f"own:{name}")))
    with pytest.raises(duckdb.Error, match=f"own:{name} {words}") as raised:
        validated(connection, orders, text_reading(connection, {"a": ["secret"]}))
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("own:missing", "Allowed: backwards, fails"), ("no_such_package:f", "cannot be imported: ModuleNotFoundError")],
)
def test_a_function_that_is_not_there_is_told_before_anything_is_read(text, reason, function, connection):
    with pytest.raises(PrivacyError, match=reason):
        prepare_privacy(connection, table(attribute("a", privacy=function(text))), None)


def test_a_function_that_was_changed_since_the_project_was_read_does_not_run(function, connection, tmp_path):
    privacy = function("own:nothing")
    (tmp_path / "own.py").write_text("raise AssertionError('this ran')\n")
    with pytest.raises(PrivacyError, match=r"own\.py has changed since the project was read; run again"):
        prepare_privacy(connection, table(attribute("a", privacy=privacy)), None)


def test_a_function_of_an_installed_package_is_called(connection, tmp_path):
    lower = read_option("pyarrow.compute:utf8_lower", tmp_path)
    assert [
        row["a"] for row in validated(connection, table(attribute("a", privacy=lower)), text_reading(connection, {"a": ["AB"]}))
    ] == ["ab"]


@pytest.mark.parametrize(
    "level", ["ROT13", "MD5(3)", "HIDE('x')", "Mask('ab',1,1,1)", "IPV4(5)", "RandomInt(5,5)", "SQL:", "md5(name)"]
)
def test_a_level_that_cannot_be_understood_is_refused_with_what_is_allowed(level):
    with pytest.raises(ValueError, match=r"Allowed|takes|Write"):
        PrivacyNames().read(level)
