import datetime as dt
from decimal import Decimal

import pytest

from sl_assets.steps.infer.propose import InferError
from sl_assets_tests.infer.trip import trip


def csv(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.slow
def test_types_come_from_all_rows_of_all_files(shop):
    done = trip(
        shop,
        {
            "things_1.csv": csv("id,amount,seen,at,ok", *(f"{n},1.50,2024-01-02,2024-01-02 03:04:05,true" for n in range(6_000))),
            "things_2.csv": csv("id,amount,seen,at,ok", "x,1.25,2024-12-31,2024-01-02 03:04:05,FALSE"),
        },
    )
    assert done.types == {"id": "string", "amount": "decimal", "seen": "date", "at": "timestamp", "ok": "boolean"}
    assert len(done.rows) == 6_001
    assert done.rows[-1][:3] == ("x", Decimal("1.25"), dt.date(2024, 12, 31))
    assert "# long, but for 1 of 6,001 values" in done.yaml


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_told(shop, separator):
    done = trip(shop, {"a.csv": csv(separator.join(["id", "name"]), separator.join(["1", "Ana"]), separator.join(["2", "Lea"]))})
    assert done.table.format.separator == separator
    assert done.rows == [(1, "Ana"), (2, "Lea")]


def test_quoted_separators_line_breaks_and_quotes_survive(shop):
    done = trip(shop, {"a.csv": 'id;text\n1;"a;b"\n2;"two\nlines"\n3;"say ""hi"""\n4;plain\n'})
    assert done.rows == [(1, "a;b"), (2, "two\nlines"), (3, 'say "hi"'), (4, "plain")]


def test_a_path_that_ends_in_a_backslash_does_not_swallow_the_quote(shop):
    done = trip(shop, {"a.csv": 'id,path\n1,"C:\\dir\\"\n2,"D:\\"\n3,x\n'})
    assert done.rows == [(1, "C:\\dir\\"), (2, "D:\\"), (3, "x")]


def test_single_quotes_are_told(shop):
    assert trip(shop, {"a.csv": "id,text\n1,'a,b'\n2,'c'\n"}).rows == [(1, "a,b"), (2, "c")]


def test_inches_are_no_quotes(shop):
    assert trip(shop, {"a.csv": 'id;size\n1;5"\n2;7" wide\n3;x\n'}).values["size"] == ['5"', '7" wide', "x"]


def test_a_file_without_header_has_columns_by_order(shop):
    done = trip(shop, {"a.csv": csv("1,Ana,2024-01-01", "2,Lea,2024-01-02")})
    assert not done.table.format.with_header
    assert done.rows == [(1, "Ana", dt.date(2024, 1, 1)), (2, "Lea", dt.date(2024, 1, 2))]
    assert done.columns == ["column_1", "column_2", "column_3"]


def test_a_header_can_be_denied_and_claimed(shop):
    assert trip(shop, {"a.csv": csv("Ana,Lyon", "Lea,Nice")}, header=False).rows == [("Ana", "Lyon"), ("Lea", "Nice")]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("a,a,b", ["a", "a_2", "b"]),
        (",a,b", ["column_1", "a", "b"]),
        ("ID,id,b", ["ID", "id_2", "b"]),
        ("{{x}},${y},b", ["column_1", "column_2", "b"]),
    ],
)
def test_names_that_cannot_tell_columns_apart_are_skipped_and_the_order_counts(shop, header, columns):
    done = trip(shop, {"t.csv": csv(header, "1,2,3", "4,5,6")})
    assert done.rows == [(1, 2, 3), (4, 5, 6)]
    assert done.columns == columns


def test_names_that_are_no_column_names_are_renamed(shop):
    done = trip(shop, {"a.csv": csv("Order Date,Prénom,1x,order_date", "2024-01-01,Zoé,1,a")})
    assert done.columns == ["order_date_2", "prenom", "n_1x", "order_date"]
    assert done.rows == [(dt.date(2024, 1, 1), "Zoé", 1, "a")]


TYPES = [
    (["01234", "12345"], "string"),
    (["+33612345678", "+1"], "string"),
    (["1_000", "2_000"], "string"),
    (["18446744073709551616", "1"], "string"),
    (["9223372036854775807", "-9223372036854775808"], "long"),
    (["-0", "0"], "long"),
    (["1", "2.5"], "double"),
    (["1e5", "2.25"], "double"),
    (["12.50", "7.00"], "decimal"),
    (["0.12345678901234567890123", "1.5"], "string"),
    (["1.7976931348623157e308", "0.1"], "double"),
    (["1e999", "0.1"], "string"),
    (["yes", "no"], "boolean"),
    (["yes", "yes"], "string"),
    (["y", "n"], "boolean"),
    (["f", "f"], "string"),
    (["0", "1"], "long"),
    (["true", "true"], "boolean"),
    (["2024-01-01T10:00:00Z", "2024-01-01T10:00:00.123Z"], "iso_instant"),
    (["2024-01-01T10:00:00+01:00", "2024-01-01T10:00:00Z"], "iso_offset_date_time"),
    (["2024-01-01T10:00", "2024-01-01T10:00:01"], "iso_local_date_time"),
    (["2024-01-01T10:00:00.123456789", "2024-01-01T10:00:01"], "string"),
    (["2024-02-30", "2024-01-01"], "string"),
    (["31/12/2024", "01/02/2024"], "date_dd_MM_yyyy"),
    (["12/31/2024", "01/02/2024"], "date_MM_dd_yyyy"),
    (["20240101", "20241231"], "date_yyyyMMdd"),
    (["20240101", "20241331"], "long"),
    (["31.12.2024 10:00", "01.02.2024 23:59"], "timestamp_dd_MM_yyyy_HH_mm"),
    ([" 1", "2"], "string"),
]
"""Values of a column, and the type that is proposed for it."""


@pytest.mark.slow
def test_a_type_is_proposed_when_every_value_passes_its_rule_and_nothing_is_lost(shop):
    rows = zip(*(values for values, _ in TYPES), strict=True)
    header = ";".join(f"c{number}" for number in range(len(TYPES)))
    done = trip(shop, {"a.csv": csv(header, *(";".join(row) for row in rows))})
    assert {str(TYPES[number][0]): kind for number, kind in enumerate(done.types.values())} == {
        str(values): kind for values, kind in TYPES
    }


def test_decimal_commas_are_numbers_where_the_comma_does_not_separate(shop):
    done = trip(shop, {"a.csv": csv("1,5;2,25", "3;4,0")})
    assert done.rows == [(1.5, 2.25), (3.0, 4.0)]


def test_a_date_that_could_be_read_both_ways_is_told(shop):
    assert "tells which is the day" in trip(shop, {"a.csv": csv("id;day", "1;03/04/2024", "2;05/06/2024")}).yaml


def test_the_text_for_no_value_is_found_and_told(shop):
    done = trip(shop, {"a.csv": csv("n;x;city", "1;NA;NA", "2;2.5;Lyon", "NA;NA;Nice")})
    assert done.table.format.null_value == "NA"
    assert done.rows == [(1, None, None), (2, 2.5, "Lyon"), (None, None, "Nice")]
    assert 'have "NA" where there is no value' in done.yaml


def test_nan_is_no_number_of_a_column(shop):
    assert trip(shop, {"a.csv": csv("id;x", "1;NaN", "2;2.5")}).values["x"] == [None, 2.5]


def test_only_one_text_can_stand_for_no_value(shop):
    done = trip(shop, {"a.csv": csv("a;b;c", "NA;NULL;NA", "1;2;3")})
    assert done.rows == [(None, "NULL", None), (1, "2", 3)]
    assert '# long, but for "NULL"' in done.yaml


def test_empty_columns_stay_text_and_are_told(shop):
    done = trip(shop, {"a.csv": csv("id;none;some", "1;;", "2;;7")})
    assert done.rows == [(1, None, None), (2, None, 7)]
    assert "no file has a value here" in done.yaml


def test_required_is_written_when_asked_for(shop):
    done = trip(shop, {"a.csv": csv("id;some", "1;", "2;7")}, required=True)
    assert {each.name: each.required for each in done.table.attributes} == {"id": True, "some": False}


def test_post_codes_stay_text(shop):
    done = trip(shop, {"a.csv": csv("id;zip_code;phone", "1;69001;612345678")})
    assert done.rows == [(1, "69001", "612345678")]


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16LE"),
        ("utf-16-be", "UTF-16BE"),
        ("latin-1", "ISO-8859-1"),
    ],
)
def test_encodings_are_told(shop, codec, name):
    done = trip(shop, {"a.csv": csv("id;city", "1;Besançon", "2;Köln").encode(codec)})
    assert done.table.format.encoding == name
    assert done.rows == [(1, "Besançon"), (2, "Köln")]


def test_the_encoding_of_windows_is_told_from_latin_1(shop):
    assert trip(shop, {"a.csv": csv("id;price", "1;5 €", "2;“x”").encode("cp1252")}).values["price"] == ["5 €", "“x”"]


def test_a_key_is_a_remark_and_append_stays(shop):
    done = trip(shop, {"a_1.csv": csv("order_id;x", "1;a", "2;a")})
    assert "# key: [order_id]" in done.yaml
    assert done.table.strategy.type == "APPEND"


def test_what_the_domain_says_otherwise_is_said_by_the_table(shop):
    shop.write(
        "config/load/shop/_config.sl.yml",
        'load:\n  metadata:\n    directory: "{{SL_INCOMING}}/shop"\n    format: JSON\n    array: true\n    emptyIsNull: false\n'
        '    quote: "\'"\n',
    )
    assert trip(shop, {"a.csv": csv("id,x", '1,"a,b"', "2,")}).rows == [(1, "a,b"), (2, None)]


def test_files_with_more_columns_make_a_table_with_all_of_them(shop):
    done = trip(shop, {"a_1.csv": csv("id;a", "1;x"), "a_2.csv": csv("id;b", "2;7")})
    assert (done.columns, done.rows) == (["id", "a", "b"], [(1, "x", None), (2, None, 7)])


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"a.csv": ""}, "is empty"),
        ({"a.csv": "\n \n"}, "is empty"),
        ({"a.csv": b"a\x00\x00\x01b;c"}, "is not text"),
        ({"a.txt": "ANA       LYON       0001\nLEA       NICE       0002\n"}, "position"),
        ({"a.csv": "id;x\n1;é\n", "b.csv": "id;x\n1;é\n".encode("utf-16")}, "another file is UTF-8"),
        ({"a.xlsx": b"PK\x03\x04..."}, "a.xlsx"),
    ],
)
def test_what_cannot_be_inferred_is_said_with_the_name_of_the_file(shop, contents, words):
    with pytest.raises(InferError, match=words) as error:
        trip(shop, contents)
    assert any(name in str(error.value) for name in contents)
