import datetime as dt
import gzip
import json

import duckdb
import pytest

from sl_assets.steps.infer.propose import InferError
from sl_assets_tests.infer.trip import trip

ORDERS = [
    {"id": 1, "at": "2024-01-02T03:04:05Z", "zip": "01234", "lines": [{"sku": "a", "n": 2}, {"sku": "b", "n": 3, "note": "x"}]},
    {"id": 2, "at": "2024-01-02T03:04:06Z", "zip": "2", "lines": [], "vip": True, "tags": ["x", "y"], "geo": {"lat": 1.5}},
]


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "array", "multiline"),
    [
        (lines(*ORDERS), False, False),
        (json.dumps(ORDERS), True, False),
        (json.dumps(ORDERS, indent=2), True, False),
        ("".join(json.dumps(each, indent=2) + "\n" for each in ORDERS), False, True),
    ],
)
def test_the_layout_and_the_structure_of_json_are_told(shop, text, array, multiline):
    done = trip(shop, {"orders.json": text})
    assert (done.table.format.array, done.table.format.multiline) == (array, multiline)
    assert done.types == {
        "id": "long",
        "at": "iso_instant",
        "zip": "string",
        "lines": "struct[]",
        "vip": "boolean",
        "tags": "string[]",
        "geo": "struct",
    }
    assert done.values["lines"] == [[{"sku": "a", "n": 2, "note": None}, {"sku": "b", "n": 3, "note": "x"}], []]
    assert done.values["geo"] == [None, {"lat": 1.5}]
    assert done.values["zip"] == ["01234", "2"]


def test_values_of_several_kinds_stay_as_they_are(shop):
    done = trip(shop, {"a.json": lines({"s": 1, "v": 1, "k": {}}, {"s": "x", "v": {"a": 1}, "k": None}, {"s": True, "v": [1]})})
    assert done.types == {"s": "string", "v": "variant", "k": "variant"}
    assert done.values["s"] == ["1", "x", "true"]
    assert [json.loads(each) for each in done.values["v"]] == [1, {"a": 1}, [1]]


def test_arrays_of_arrays_and_keys_that_are_data_are_variants(shop):
    many = {f"k{number}": number for number in range(600)}
    done = trip(shop, {"a.json": lines({"a": [[1]], "m": many, "n": {"x": 1, "X": 2}})})
    assert done.types == {"a": "variant", "m": "variant", "n": "variant"}
    assert json.loads(done.values["m"][0]) == many


def test_a_field_that_appears_late_is_found(shop):
    done = trip(shop, {"a.json": lines(*({"id": number} for number in range(3_000)), {"id": 3_000, "late": "2024-01-01"})})
    assert done.types == {"id": "long", "late": "date"}
    assert done.rows[-1] == (3_000, dt.date(2024, 1, 1))


def test_numbers_too_large_for_a_long_are_text(shop):
    assert trip(shop, {"a.json": '{"n": 18446744073709551615}\n{"n": 1}\n'}).values["n"] == ["18446744073709551615", "1"]


def test_compressed_files_are_looked_into(shop):
    done = trip(
        shop, {"a_1.json.gz": gzip.compress(lines({"id": 1}).encode()), "a_2.json.gz": gzip.compress(lines({"id": 2}).encode())}
    )
    assert done.rows == [(1,), (2,)]
    assert done.table.pattern == r"a_[0-9]+\.json\.gz"


@pytest.mark.parametrize("text", ["[1, 2]", '{"a": 1}\n{"a": ', "[]"])
def test_json_without_records_is_refused(shop, text):
    with pytest.raises(InferError, match=r"a\.json"):
        trip(shop, {"a.json": text})


XML = """<?xml version="1.0"?>
<shop xmlns="urn:x"><meta><made>2024</made></meta><orders>
  <order id="1"><day>2024-01-02</day><line n="2">tea</line><line n="3">milk</line><paid>12.50</paid></order>
  <order id="2"><day>2024-01-03</day><line n="4">tea</line><paid>1.00</paid><note/></order>
</orders></shop>"""


@pytest.mark.slow
def test_the_record_and_the_structure_of_xml_are_told(shop):
    done = trip(shop, {"orders.xml": XML})
    assert done.table.format.options == {"rowTag": "order"}
    assert done.types == {"_id": "long", "day": "date", "line": "struct[]", "paid": "decimal", "note": "string"}
    assert done.values["line"][0] == [{"_VALUE": "tea", "_n": 2}, {"_VALUE": "milk", "_n": 3}]
    assert [str(each) for each in done.values["paid"]] == ["12.500000000", "1.000000000"]


def test_the_record_of_xml_can_be_said(shop):
    assert trip(shop, {"orders.xml": XML}, row_tag="line").rows == [("tea", 2), ("milk", 3), ("tea", 4)]


def test_xml_with_entities_is_refused(shop):
    with pytest.raises(InferError, match="entity"):
        trip(shop, {"a.xml": '<!DOCTYPE a [<!ENTITY e "x">]><a><b>&e;</b><b>y</b></a>'})


PARQUET = """SELECT i::INTEGER AS small, i::BIGINT AS big, i::UBIGINT AS huge, i::FLOAT / 4 AS f, 'NaN'::DOUBLE AS nan,
    1.25::DECIMAL(10, 2) AS money, i % 2 = 0 AS yes, DATE '2024-01-01' + i::INT AS day, TIMESTAMP '2024-01-01' AS at,
    '0' || i AS code, [i, i + 1] AS many, {'a': i, 'b': 'x'} AS one, [{'d': DATE '2024-01-01'}] AS deep, MAP {'k': i} AS m
    FROM range(3) AS t(i)"""


@pytest.mark.slow
def test_parquet_says_its_columns_itself(shop):
    file = shop.root / "a.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({PARQUET}) TO '{file}' (FORMAT parquet)")
    done = trip(shop, {"a.parquet": file.read_bytes()})
    assert done.types == {
        "small": "long", "big": "long", "huge": "long", "f": "double", "nan": "double", "money": "decimal", "yes": "boolean",
        "day": "date", "at": "timestamp", "code": "string", "many": "long[]", "one": "struct", "deep": "struct[]", "m": "variant",
    }  # fmt: skip
    assert done.values["code"] == ["00", "01", "02"]
    assert done.values["f"] == [0.0, 0.25, 0.5]
    assert done.values["deep"][0] == [{"d": dt.date(2024, 1, 1)}]
    assert done.values["many"] == [[0, 1], [1, 2], [2, 3]]
