"""The bundled project, end to end, against an independent reading of its sample data."""

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.bundled.test_bakery_project import PROJECT
from sl_assets_tests.end_to_end.purchases import lines_of, losses, payments, right_notes
from sl_assets_tests.projects import naive

REPOSITORY = Path(__file__).parents[2]
SAMPLE_DATA = REPOSITORY / "sample-data"
FILES = SAMPLE_DATA / "incoming" / "starbake"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bakery")]  # built once


@pytest.fixture(scope="module")
def built(build):
    return build(REPOSITORY / "config", FILES, "starbake")


@pytest.fixture(scope="module")
def warehouse(built):
    with Warehouse.of(built[0].settings).reader() as connection:
        yield connection


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """The same project read, loaded and transformed by some two hundred lines of plain Python, and SQL for the rest."""
    with duckdb.connect() as connection:
        naive.load(connection, PROJECT, FILES, tmp_path_factory.mktemp("by_hand"))
        naive.transform(connection, PROJECT)
        yield connection


def wrong_rows() -> set[tuple[str, int, str, str]]:
    """The rows that the sample data's README calls wrong."""
    section = (SAMPLE_DATA / "README.md").read_text("utf-8").partition("## Rows that are wrong on purpose")[2]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return {(file, int(line), attribute, rule) for file, line, attribute, rule, *_ in cells if line.isdigit()}


def test_everything_is_built(built):
    assert {each.name for each in built[1].all if each.state != "done"} == set()
    assert len(built[1].all) == 25


def test_exactly_the_rows_that_are_wrong_on_purpose_are_rejected(warehouse):
    found = warehouse.execute("SELECT FILE, LINE, ATTRIBUTE, RULE FROM audit.rejected").fetchall()
    assert set(found) == wrong_rows()
    assert len(found) == len(wrong_rows())


def test_the_raw_record_is_the_text_of_the_file_unless_it_is_private(warehouse):
    for file, line, record in warehouse.execute("SELECT FILE, LINE, RECORD FROM audit.rejected").fetchall():
        lines = lines_of(FILES / file)[line - 1 :]
        text = lines[0].strip().rstrip(",")
        if file.endswith((".json", ".jsonl")):
            assert json.loads(record) == json.loads(text)
        elif file.endswith(".xml"):
            assert "\n".join(lines).strip().startswith(record)
            assert record.startswith("<delivery ")
            assert record.endswith("</delivery>")
        else:
            assert record == ("***" if file.startswith("statement_") else text)


def test_no_account_number_is_in_the_warehouse(warehouse):
    accounts = {line[31:58].strip() for file in FILES.glob("statement_*.txt") for line in lines_of(file)[1:]} - {""}
    stored = warehouse.execute("SELECT DISTINCT iban FROM starbake.statement_lines WHERE iban IS NOT NULL").fetchall()
    right = {account for account in accounts if account[0].isalpha()}
    assert {text for (text,) in stored} == {sha256(account.encode()).hexdigest() for account in right}
    rejected = warehouse.execute("SELECT r::VARCHAR FROM audit.rejected AS r WHERE r.SCHEMA = 'statement_lines'").fetchall()
    assert len(rejected) == len(accounts - right) + 1 == 2
    assert [account for account in accounts for (text,) in rejected if account in text] == []


def test_a_note_that_came_again_replaced_what_it_said_before(warehouse):
    lines = warehouse.execute("SELECT delivery_id, ingredient_id, kg, price_per_kg FROM purchasing.delivery_lines").fetchall()
    theirs = [(number, *line) for number, note in right_notes(FILES).items() for line in note.lines]
    assert sorted(lines) == sorted(theirs)
    tomatoes = "SELECT kg FROM purchasing.delivery_lines WHERE (delivery_id, ingredient_id) = ('D-20261103-2', 'ING-020')"
    assert warehouse.execute(tomatoes).fetchall() == [(10,)]


def test_what_is_open_is_what_was_delivered_less_what_the_bank_paid(warehouse):
    paid = payments(FILES)
    theirs = {
        number: (note.amount, paid.get(number, 0), note.amount - paid.get(number, 0))
        for number, note in right_notes(FILES).items()
    }
    rows = warehouse.execute("SELECT delivery_id, amount, paid, open_amount FROM purchasing.supplier_invoices").fetchall()
    assert {number: rest for number, *rest in rows} == {number: list(values) for number, values in theirs.items()}
    assert {rest[2] == 0 for _, *rest in rows} == {True, False}


def test_what_is_missing_is_what_the_files_say_in_sum(warehouse):
    refused = {(file, line) for file, line, *_ in wrong_rows()}
    rows = warehouse.execute("SELECT ingredient_id, used_kg, expected_kg, missing_kg, loss FROM purchasing.stock_losses")
    assert {name: tuple(rest) for name, *rest in rows.fetchall()} == losses(FILES, refused)


def test_the_revenue_of_each_day_is_that_of_the_files(warehouse):
    refused = {(file, line) for file, line, *_ in wrong_rows()}
    cents: Counter[str] = Counter()
    for path in FILES.glob("orders_*.json"):
        for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if text.strip() in ("[", "]") or (path.name, number) in refused:
                continue
            order = json.loads(text.strip().rstrip(","))
            for line in order["order_lines"]:
                cents[order["ordered_at"][:10]] += int(line["quantity"]) * round(float(line["unit_price"]) * 100)
    ours = warehouse.execute("SELECT day::VARCHAR, (revenue * 100)::BIGINT FROM sales.daily_revenue").fetchall()
    assert dict(ours) == dict(cents)


@pytest.mark.parametrize("key", [*PROJECT.tables, *PROJECT.tasks])
def test_a_table_has_the_rows_that_plain_python_and_sql_make_of_the_files(key, warehouse, by_hand):
    columns = [name for name, *_ in by_hand.execute(f"DESCRIBE {key}").fetchall()]
    query = f"SELECT {', '.join(columns)} FROM {key}"
    expected = Counter(map(repr, by_hand.execute(query).fetchall()))
    assert Counter(map(repr, warehouse.execute(query).fetchall())) == expected
    assert expected


def test_the_mailing_list_is_a_file_too(built, warehouse):
    lines = (built[0].root / "datasets" / "newsletter.csv").read_text("utf-8").splitlines()
    rows = warehouse.execute("SELECT email, name, segment FROM crm.newsletter ORDER BY email").fetchall()
    assert lines == ["email,name,segment", *(",".join(row) for row in rows)]


def test_the_last_address_of_a_customer_is_the_one_kept(warehouse):
    row = warehouse.execute("SELECT count(*), count(DISTINCT customer_id) FROM starbake.customers").fetchone()
    assert row == (220, 220)


def test_every_expectation_holds(warehouse):
    rows = warehouse.execute("SELECT SCHEMA, NAME, EXCEPTION FROM audit.expectations WHERE NOT SUCCESS").fetchall()
    assert rows == []
    assert warehouse.execute("SELECT count(*) > 10 FROM audit.expectations").fetchone() == (True,)


def test_comments_are_in_the_warehouse_too(warehouse):
    missing = warehouse.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name IN ('starbake', 'purchasing', 'sales', 'crm') AND comment IS NULL"
    ).fetchall()
    assert missing == []


def test_every_file_is_in_the_ledger_once_and_in_the_archive(built, warehouse):
    ledger = warehouse.execute("SELECT NAME, ARCHIVE FROM audit.files").fetchall()
    assert sorted(name for name, _ in ledger) == sorted(path.name for path in FILES.iterdir())
    assert all(Path(archive).exists() for _, archive in ledger)
    assert list((built[0].areas.incoming / "starbake").iterdir()) == []
