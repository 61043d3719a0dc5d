"""Column lineage of a whole project: through loads, from task to task, to tables from elsewhere; what is said when it stops."""

from sl_assets.project.column_lineage import table_columns
from sl_assets.project.known_columns import KnownColumns
from sl_assets.project.names import names_of
from sl_assets.project.records import Project, TableKey

ORDERS = """
version: 1
table:
  name: orders
  pattern: orders.*
  attributes:
    - {name: id, type: long}
    - {name: cust, rename: customer, type: long}
    - {name: price, type: decimal}
    - {name: vat, type: decimal, ignore: true}
    - {name: gross, type: decimal, script: "price + vat"}
    - {name: twice, type: decimal, script: "2 * gross + id"}
    - {name: loaded, type: string, script: "sl_input_file_name"}
"""


def told(project: Project, name: str) -> dict[str, list[str]]:
    lineage = project.columns[TableKey("kpi", name)]
    return {each.name: [".".join(part for part in origin if part) for origin in each.origins] for each in lineage.columns}


def test_stars_are_written_out_from_task_to_task_in_whatever_order_the_files_are(shop):
    shop.table("orders", "id: long, customer: long, amount: decimal")
    shop.task("a_last", "SELECT * FROM kpi.middle WHERE total > 1")
    shop.task("middle", "SELECT *, amount * 2 AS total FROM kpi.z_first")
    shop.task("z_first", "SELECT * EXCLUDE (customer) FROM shop.orders")
    project = shop.project()
    assert told(project, "a_last") == {
        "id": ["kpi.middle.id"],
        "amount": ["kpi.middle.amount"],
        "total": ["kpi.middle.total"],
    }
    assert told(project, "middle")["total"] == ["kpi.z_first.amount"]
    assert told(project, "z_first") == {"id": ["shop.orders.id"], "amount": ["shop.orders.amount"]}
    assert all(lineage.complete for lineage in project.columns.values())


def test_a_loaded_column_comes_from_attributes_of_the_file_through_rename_and_script(shop):
    shop.write("config/load/shop/orders.sl.yml", ORDERS)
    table = shop.project().tables[TableKey("shop", "orders")]
    assert {each.name: each.attributes for each in table_columns(table).columns} == {
        "id": ("id",),
        "customer": ("cust",),
        "price": ("price",),
        "gross": ("price", "vat"),
        "twice": ("price", "vat", "id"),
        "loaded": (),
    }


def test_a_history_has_two_more_columns_that_may_be_read(shop):
    shop.table("goods", "id: long!, seen: timestamp!", "metadata: {writeStrategy: {type: SCD2, key: [id], timestamp: seen}}")
    shop.task("current", "SELECT * FROM shop.goods WHERE sl_end_ts IS NULL")
    assert list(told(shop.project(), "current")) == ["id", "seen", "sl_start_ts", "sl_end_ts"]


def test_declared_tables_of_others_have_the_columns_of_their_attributes_and_others_are_open(shop):
    attributes = "[{name: sku, type: string}, {name: kg, rename: weight, type: double}]"
    shop.write("config/external/erp/items.sl.yml", f"version: 1\ntable: {{name: items, attributes: {attributes}}}\n")
    shop.task("known", "SELECT * FROM erp.items")
    shop.task("unknown", "SELECT * FROM erp.others")
    shop.task("named", "SELECT code, o.label AS text FROM erp.others AS o")
    project = shop.project()
    assert told(project, "known") == {"sku": ["erp.items.sku"], "weight": ["erp.items.weight"]}
    assert told(project, "named") == {"code": ["erp.others.code"], "text": ["erp.others.label"]}
    assert project.columns[TableKey("kpi", "unknown")].gaps == (
        "* cannot be written out, because not all columns of others are known",
    )


def test_what_was_not_worked_out_does_not_make_names_wrong_further_down(shop):
    shop.task("open", "SELECT *, 1 AS one FROM erp.others")
    shop.task("below", "SELECT one, whatever FROM kpi.open")
    project = shop.project()
    assert told(project, "below") == {"one": ["kpi.open.one"], "whatever": ["kpi.open.whatever"]}
    assert [each.code for each in project.diagnostics] == ["SL301"]


def test_a_task_that_reads_itself_may_read_any_column_and_does_not_come_from_itself(shop):
    shop.table("orders", "id: long, amount: decimal")
    sql = "SELECT o.id, o.amount + coalesce(t.old, 0) AS amount FROM shop.orders o LEFT JOIN kpi.total t ON t.id = o.id"
    shop.task("total", sql, "writeStrategy: {type: APPEND}")
    project = shop.project()
    assert told(project, "total") == {"id": ["shop.orders.id"], "amount": ["shop.orders.amount"]}
    assert not project.diagnostics


def test_window_variables_and_templates_are_no_columns(shop):
    shop.table("orders", "id: long, day: date")
    columns = "day, '{{ sl_scheduled_date }}' AS since {% if 1 %}, id{% endif %}"
    shop.task("daily", f"SELECT {columns} FROM shop.orders WHERE day >= '{{{{ sl_scheduled_date }}}}'")
    assert told(shop.project(), "daily") == {"day": ["shop.orders.day"], "since": [], "id": ["shop.orders.id"]}


def test_names_in_any_letter_case_with_or_without_domain_or_database(shop):
    shop.table("orders", "id: long, amount: decimal")
    shop.task("cases", 'SELECT ORDERS.ID, "Amount" AS a, warehouse.shop.orders.id AS b FROM Orders')
    assert told(shop.project(), "cases") == {"id": ["shop.orders.id"], "a": ["shop.orders.amount"], "b": ["shop.orders.id"]}


def test_a_table_under_its_old_name_keeps_its_columns(shop):
    shop.table("orders", "id: long", "rename: sales_orders")
    shop.task("renamed", "SELECT o.id FROM shop.sales_orders AS o")
    project = shop.project()
    assert told(project, "renamed") == {"id": ["shop.sales_orders.id"]}
    known = KnownColumns(project.tables, {}, names_of(project))
    assert known.known(TableKey("shop", "sales_orders")).sure
