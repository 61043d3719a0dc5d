"""Each row of Starlake's own migrations, read as today's syntax, and the places that stay."""

from pathlib import Path

import pytest

from sl_assets.spec.base import Spec
from sl_assets.spec.domain import DomainFile
from sl_assets.spec.environment import EnvironmentFile
from sl_assets.spec.extract import ExtractFile
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Read, read_file
from sl_assets.spec.refs import RefsFile
from sl_assets.spec.table import TableFile
from sl_assets.spec.task import TaskFile, TransformFile
from sl_assets.spec.types import TypesFile

TABLE = "table: {name: t, pattern: x, attributes: [{name: id}], metadata: {%s}%s}"

ROWS = [
    (TableFile, TABLE % ("write: OVERWRITE", ""), TABLE % ("writeStrategy: {type: OVERWRITE}", "")),
    (TableFile, TABLE % ("write: ERROR_IF_EXISTS", ""), TABLE % ("writeStrategy: {type: APPEND}", "")),
    (
        TableFile,
        TABLE % ("write: OVERWRITE, writeStrategy: {type: SCD2}", ""),
        TABLE % ("writeStrategy: {type: SCD2}", ""),
    ),
    (
        TableFile,
        TABLE % ("", ", merge: {key: [id]}"),
        TABLE % ("writeStrategy: {type: DELETE_THEN_INSERT, key: [id]}", ""),
    ),
    (
        TableFile,
        TABLE % ("", ", merge: {key: [id], timestamp: at, delete: x}"),
        TABLE % ("writeStrategy: {type: UPSERT_BY_KEY_AND_TIMESTAMP, key: [id], timestamp: at}", ""),
    ),
    (
        TableFile,
        TABLE % ("write: OVERWRITE", ", merge: {timestamp: at}"),
        TABLE % ("writeStrategy: {type: OVERWRITE, timestamp: at}", ""),
    ),
    (
        TableFile,
        TABLE % ("writeStrategy: {type: upsert_by_key, key: [id]}", ""),
        TABLE % ("writeStrategy: {type: DELETE_THEN_INSERT, key: [id]}", ""),
    ),
    (
        TableFile,
        TABLE % ("writeStrategy: {types: {UPSERT_BY_KEY: 'true'}}", ""),
        TABLE % ("writeStrategy: {types: {DELETE_THEN_INSERT: 'true'}}", ""),
    ),
    (TableFile, TABLE % ("sink: {type: BQ}", ""), TABLE % ("", "")),
    (TableFile, TABLE % ("sink: {partition: {attributes: [id]}}", ""), TABLE % ("sink: {partition: [id]}", "")),
    (TableFile, TABLE % ("sink: {timestamp: at}", ""), TABLE % ("sink: {partition: [at]}", "")),
    (TableFile, TABLE % ("partition: {attributes: [id]}", ""), TABLE % ("sink: {partition: [id]}", "")),
    (
        TableFile,
        TABLE % ("sink: {partition: [id], dynamicPartitionOverwrite: true}", ""),
        TABLE % ("sink: {partition: [id]}, writeStrategy: {type: OVERWRITE_BY_PARTITION}", ""),
    ),
    (TableFile, TABLE % ("mode: FILE", ""), TABLE % ("", "")),
    (TableFile, TABLE % ("format: ARRAY_JSON", ""), TABLE % ("format: JSON, array: true", "")),
    (TableFile, TABLE % ("format: SIMPLE_JSON", ""), TABLE % ("format: JSON_FLAT", "")),
    (TableFile, TABLE % ("xml: {rowTag: r}", ""), TABLE % ("options: {rowTag: r}", "")),
    (TableFile, TABLE % ("xml: {rowTag: r}, options: {a: b}", ""), TABLE % ("options: {a: b, rowTag: r}", "")),
    (TableFile, "schema: {name: t, pattern: x}", "table: {name: t, pattern: x}"),
    (TableFile, "name: t\npattern: x", "table: {name: t, pattern: x}"),
    (TableFile, "schemas: [{name: t, flat: true}]", "tables: [{name: t}]"),
    (
        TableFile,
        "table: {name: t, attributes: [{name: f, script: comet_input_file_name}]}",
        "table: {name: t, attributes: [{name: f, script: sl_input_file_name}]}",
    ),
    (
        DomainFile,
        "name: d\ndirectory: /in\nschemaRefs: [a]\nschemas: [{name: t, merge: {key: [id]}}]",
        (
            "load: {name: d, metadata: {directory: /in}, tables: "
            "[{name: t, metadata: {writeStrategy: {type: DELETE_THEN_INSERT, key: [id]}}}]}"
        ),
    ),
    (
        TaskFile,
        "dataset: t\nengine: BQ\nsqlEngine: BQ\nattributesDesc: [{name: a}]\nwrite: OVERWRITE",
        "task: {table: t, attributes: [{name: a}], writeStrategy: {type: OVERWRITE}}",
    ),
    (
        TaskFile,
        "task: {merge: {key: [a]}, write: APPEND, partition: [a]}",
        "task: {writeStrategy: {type: DELETE_THEN_INSERT, key: [a]}, sink: {partition: [a]}}",
    ),
    (
        TransformFile,
        "default: {write: OVERWRITE}\nudf: x\ntasks: [{name: a, dataset: b}]",
        "transform: {default: {writeStrategy: {type: OVERWRITE}}, tasks: [{name: a, table: b}]}",
    ),
    (ExtractFile, "globalJdbcSchema: {catalog: c}", "extract: {default: {catalog: c}}"),
    (EnvironmentFile, "A: b", "env: {A: b}"),
    (RefsFile, "- {input: {table: a}, output: {table: b}}", "refs: [{input: {table: a}, output: {table: b}}]"),
    (TypesFile, "- {name: a}", "types: [{name: a}]"),
]


def read(tmp_path: Path, model: type[Spec], text: str) -> tuple[Read[Spec] | None, list[str]]:
    file = tmp_path / "file.sl.yml"
    file.write_text(text)
    findings = Findings()
    return read_file(file, model, {}, findings), [str(one) for one in findings.sorted()]


@pytest.mark.parametrize(("model", "old", "new"), ROWS, ids=[row[1] for row in ROWS])
def test_the_old_syntax_is_read_as_todays(tmp_path: Path, model: type[Spec], old: str, new: str) -> None:
    before, told = read(tmp_path, model, old)
    after, nothing = read(tmp_path, model, f"version: 1\n{new}")
    assert before is not None
    assert after is not None
    root = next(name for name in model.model_fields if name != "version")
    assert getattr(before.spec, root) == getattr(after.spec, root)
    assert getattr(before.spec, "tables", None) == getattr(after.spec, "tables", None)
    assert ([line for line in told if "SL114" not in line], nothing) == ([], [])
    without_meaning = any(word in old for word in ("sink: {type", "mode:"))
    assert ([line for line in told if "SL114" in line] == []) == without_meaning


def test_a_file_without_a_version_that_has_nothing_old_in_it_is_told_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, TableFile, TABLE % ("writeStrategy: {type: OVERWRITE}", ""))[1] == []


def test_a_file_with_a_version_is_taken_as_it_stands(tmp_path: Path) -> None:
    read_, told = read(tmp_path, TableFile, "version: 1\n" + TABLE % ("writeStrategy: {type: UPSERT_BY_KEY, key: [id]}", ""))
    assert read_ is not None
    assert "type='UPSERT_BY_KEY'" in repr(read_.spec)
    assert told == []
    assert "SL105" in read(tmp_path, TableFile, "version: 1\n" + TABLE % ("write: APPEND", ""))[1][0]


def test_values_keep_the_place_where_they_were_written(tmp_path: Path) -> None:
    read_, _ = read(
        tmp_path, TableFile, "schema:\n  name: t\n  merge:\n    key:\n      - id\n      - day\n  metadata:\n    write: APPEND\n"
    )
    assert read_ is not None
    strategy = read_.source.below("table", "metadata", "writeStrategy")
    assert (strategy.place("key", 1).line, strategy.place("key", 1).column) == (6, 9)
    assert read_.source.place("table", "name").line == 2


def test_what_excludes_each_other_is_told_and_not_guessed(tmp_path: Path) -> None:
    text = TABLE % ("sink: {partition: [id], dynamicPartitionOverwrite: true}", ", merge: {key: [id]}")
    told = " ".join(read(tmp_path, TableFile, text)[1])
    assert "merge: is an unknown key" in told


def test_a_misspelt_file_is_not_taken_for_an_old_one(tmp_path: Path) -> None:
    told = read(tmp_path, TableFile, "tabel: {name: t}")[1]
    assert [line.rsplit("[", 1)[1] for line in told] == ["SL105]"]
