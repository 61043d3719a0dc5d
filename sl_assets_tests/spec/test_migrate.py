"""Old files written in today's syntax: they say what they were read as, and what is not changed stays as it is written."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.spec.findings import Findings
from sl_assets.spec.kinds import KINDS, Kind
from sl_assets.spec.migrate import MigrationError, migrate_text
from sl_assets.spec.read import read_file
from sl_assets_tests.spec.test_old_syntax import ROWS

FILE = Path("file.sl.yml")
BY_MODEL = {kind.model: kind for kind in KINDS.values()}
TABLE = KINDS["table"]


def migrated(text: str, kind: Kind = TABLE) -> str:
    found = migrate_text(text, FILE, kind)
    assert found is not None
    return found.text


@pytest.mark.parametrize("style", [None, False], ids=["as written", "in blocks"])
@pytest.mark.parametrize(("model", "old", "new"), ROWS, ids=[row[1] for row in ROWS])
def test_a_migrated_file_is_read_as_the_old_one_without_a_word(tmp_path: Path, model, old, new, style) -> None:
    text = old if style is None else yaml.safe_dump(yaml.safe_load(old), sort_keys=False, default_flow_style=style)
    written = migrated(text, BY_MODEL[model])
    file = tmp_path / "file.sl.yml"
    found = []
    for each in (text, written):
        file.write_text(each)
        findings = Findings()
        found.append((read_file(file, model, {}, findings), findings.sorted()))
    assert found[0][0].spec.model_copy(update={"version": "1"}) == found[1][0].spec
    assert found[1][1] == ()
    assert migrate_text(written, FILE, BY_MODEL[model]) is None


def test_what_is_not_changed_stays_as_it_is_written() -> None:
    text = """# who wrote this
schema:   # the old name
  name:  'orders'   # quoted
  pattern: "orders_.*"

  metadata:
    # what a load does
    write: APPEND
    separator: ";"   # as ever
    sink:
      # a comment that stays
      connectionRef: "{{connectionRef}}"
      type: BQ
  merge:
    key: [ id,  day ]   # who and when
    timestamp: 'at'
  attributes:
    - name: id
      comment: |
        two
          lines
"""
    assert (
        migrated(text)
        == """# who wrote this
version: 1
table:   # the old name
  name:  'orders'   # quoted
  pattern: "orders_.*"

  metadata:
    # what a load does
    writeStrategy:
      type: UPSERT_BY_KEY_AND_TIMESTAMP
      key: [ id,  day ] # who and when
      timestamp: 'at'
    separator: ";"   # as ever
    sink:
      # a comment that stays
      connectionRef: "{{connectionRef}}"
  attributes:
    - name: id
      comment: |
        two
          lines
"""
    )


def test_contents_without_their_key_are_put_under_it() -> None:
    text = "# top\n\nname: t\npattern: |-\n  x.*\nattributes:\n- name: a\n\n# end\n"
    assert migrated(text) == (
        "# top\n\nversion: 1\ntable:\n  name: t\n  pattern: |-\n    x.*\n  attributes:\n  - name: a\n\n  # end\n"
    )


def test_line_ends_stay_as_they_are() -> None:
    assert migrated("schema:\r\n  name: t\r\n") == "version: 1\r\ntable:\r\n  name: t\r\n"
    assert migrated("schema:\n  name: t") == "version: 1\ntable:\n  name: t\n"


def test_a_file_with_a_version_is_left_alone() -> None:
    assert migrate_text("version: 1\nschema: {name: t}\n", FILE, TABLE) is None
    assert migrate_text("", FILE, TABLE) is None


def test_a_file_that_is_no_yaml_before_its_templates_are_rendered_is_refused() -> None:
    with pytest.raises(MigrationError, match="templates"):
        migrate_text("table: {{x}}\n  name: {% if a %}t\n", FILE, TABLE)


NAMES = st.sampled_from(["id", "day", "at"])
OLD_TABLES = st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "flat": st.booleans(),
        "merge": st.fixed_dictionaries(
            {}, optional={"key": st.lists(NAMES, min_size=1), "timestamp": NAMES, "delete": st.just("x"), "queryFilter": NAMES}
        ),
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "mode": st.just("FILE"),
                "write": st.sampled_from(["APPEND", "OVERWRITE", "append"]),
                "format": st.sampled_from(["ARRAY_JSON", "SIMPLE_JSON", "DSV"]),
                "xml": st.dictionaries(NAMES, NAMES),
                "options": st.dictionaries(NAMES, NAMES),
                "partition": st.fixed_dictionaries({}, optional={"attributes": st.lists(NAMES)}),
                "writeStrategy": st.fixed_dictionaries(
                    {},
                    optional={
                        "type": st.sampled_from(["UPSERT_BY_KEY", "SCD2"]),
                        "types": st.dictionaries(st.sampled_from(["UPSERT_BY_KEY", "APPEND"]), st.just("true")),
                        "key": st.lists(NAMES),
                    },
                ),
                "sink": st.fixed_dictionaries(
                    {},
                    optional={
                        "type": st.just("BQ"),
                        "timestamp": NAMES,
                        "dynamicPartitionOverwrite": st.booleans(),
                        "partition": st.one_of(st.lists(NAMES), st.fixed_dictionaries({"attributes": st.lists(NAMES)})),
                        "id": NAMES,
                    },
                ),
            },
        ),
        "attributes": st.lists(st.fixed_dictionaries({"name": NAMES}, optional={"script": st.just("comet_input_file_name")})),
    },
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(OLD_TABLES, st.sampled_from(["schema", "table", ""]), st.sampled_from([None, True, False]))
def test_whatever_an_old_table_has_it_is_written_as_it_is_read(table, root, style) -> None:
    data = {root: table} if root else table
    text = yaml.safe_dump(data, sort_keys=False, default_flow_style=style)
    assert migrate_text(migrated(text), FILE, TABLE) is None


def test_a_file_that_is_indented_as_a_whole_stays_so() -> None:
    assert (
        migrated("# top\n  table:\n    name: t\n    pattern: x\n")
        == "# top\n  version: 1\n  table:\n    name: t\n    pattern: x\n"
    )
