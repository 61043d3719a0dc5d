import pytest

from sl_assets.spec.amend import AmendError, append_attributes, change_type
from sl_assets.spec.written import WrittenAttribute
from sl_assets.steps.infer.amendment import amend
from sl_assets.steps.infer.propose import Request
from sl_assets.steps.infer.save import save

BLOCK = """# our orders
version: 1
table:
  name: orders   # the name
  pattern: orders.*\\.json
  metadata: {format: JSON}
  attributes:
    # the number
    - name: id
      type: long
    - {name: amount, type: long} # in cents?
    - name: lines
      type: struct
      array: true
      attributes: [{name: sku, type: string}]
    # the end
  comment: 'All of them: {{SL_ROOT}}'
"""

TEXT = "table:\n  attributes:\n    - name: a\n      comment: |\n        two\n        lines\n"


@pytest.fixture
def orders(shop):
    shop.write("config/load/shop/orders.sl.yml", BLOCK)
    return shop


def amended(shop, text, *, force=False):
    file = shop.land("orders_1.json", text)
    project = shop.project()
    table = shop.node("shop.orders")
    return amend(Request((file,), table.key), project, table, force=force), project


def test_new_fields_are_added_at_the_end_of_their_list_and_nothing_else_changes(orders):
    proposal, project = amended(orders, '{"id": 1, "amount": 2, "lines": [{"sku": "a", "pieces": 1}], "day": "2024-01-02"}\n')
    save(project.metadata, proposal.changes)
    text = (orders.root / "config/load/shop/orders.sl.yml").read_text()
    assert text == BLOCK.replace(
        "{name: sku, type: string}]", "{name: sku, type: string}, {name: pieces, type: long}]\n    - name: day\n      type: date"
    )
    assert [each.name for each in orders.node("shop.orders").attributes] == ["id", "amount", "lines", "day"]


def test_a_type_that_refuses_values_is_told_and_changed_only_by_force(orders):
    text = '{"id": 1, "amount": 2.5, "lines": []}\n{"id": 2, "amount": 1, "lines": []}\n'
    proposal, _ = amended(orders, text)
    assert not proposal.changes
    assert proposal.remarks[0] == "amount: long refuses the value of 1 record, double accepts all. --force changes it."
    forced, project = amended(orders, text, force=True)
    assert forced.verdict.rejected == 0
    save(project.metadata, forced.changes)
    changed = (orders.root / "config/load/shop/orders.sl.yml").read_text()
    assert changed == BLOCK.replace("amount, type: long", "amount, type: double")


def test_what_the_files_lack_stays(orders):
    assert not amended(orders, '{"id": 1}\n')[0].changes


def test_line_ends_of_windows_stay(orders):
    orders.write("config/load/shop/orders.sl.yml", "").write_bytes(BLOCK.replace("\n", "\r\n").encode())
    proposal, _ = amended(orders, '{"id": 1, "new": true}\n')
    (text,) = proposal.changes.values()
    assert "    - name: new\r\n      type: boolean\r\n" in text
    assert "\n" not in text.replace("\r\n", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("table: {attributes: [{name: a}]}", "table: {attributes: [{name: a}, {name: b, type: long}]}"),
        ("table:\n  attributes:\n  - name: a", "table:\n  attributes:\n  - name: a\n  - name: b\n    type: long\n"),
        (
            "table:\n  attributes:\n  - name: a\n\n# end\n",
            "table:\n  attributes:\n  - name: a\n  - name: b\n    type: long\n\n# end\n",
        ),
        (f"{TEXT}  name: t\n", f"{TEXT}    - name: b\n      type: long\n  name: t\n"),
    ],
)
def test_attributes_are_appended_in_the_style_of_the_list(text, expected, tmp_path):
    assert append_attributes(text, ("table", "attributes"), [WrittenAttribute("b", "long")], tmp_path / "a.sl.yml") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n- name: x # why\n  rename: y\n", "a:\n- name: x # why\n  type: long\n  rename: y\n"),
        ("a: [{name: x}]", "a: [{name: x, type: long}]"),
        ("a:\n- type: 'string' # why\n  name: x\n", "a:\n- type: long # why\n  name: x\n"),
    ],
)
def test_a_type_is_changed_where_it_stands_or_added(text, expected, tmp_path):
    assert change_type(text, ("a", 0), "long", tmp_path / "a.sl.yml") == expected


@pytest.mark.parametrize("text", ["{% if x %}\na: 1\n{% endif %}\n", "a: {b: 1}\n", "b: []\n"])
def test_a_file_that_cannot_be_amended_is_said(text, tmp_path):
    with pytest.raises(AmendError, match=r"a\.sl\.yml  cannot be amended"):
        append_attributes(text, ("a",), [WrittenAttribute("b", "long")], tmp_path / "a.sl.yml")
