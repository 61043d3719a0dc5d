"""The 22 queries of TPC-H as transforms over loaded tables: the answers are the reference answers, the lineage is complete."""

import os
from pathlib import Path

import duckdb
import pytest

from sl_assets.project import load_project
from sl_assets.project.records import Project
from sl_assets.steps.load import load
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse
from sl_assets_tests.projects.tpch.generated import answers, generator, write_project

GOLDEN = Path(__file__).parent / "lineage.txt"
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tpch")]  # built once

QUERIES = [f"q{number:02}" for number in range(1, 23)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, list[list[str]]]]:
    """The project with everything loaded and all 22 transforms run, and the reference answers."""
    root = tmp_path_factory.mktemp("tpch")
    with generator() as connection:
        write_project(root, connection)
        expected = answers(connection)
    project = load_project(root, {})
    assert not project.diagnostics
    warehouse, run = Warehouse.of(project.settings), Run("r1")
    for table in project.tables.values():
        report = load(project, warehouse, table, run)
        assert not report.failures
        assert report.counts.rejected == 0
    for task in project.tasks.values():
        transform(project, warehouse, task, run)
    return project, expected


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_gives_the_reference_answer(name: str, built: tuple[Project, dict[str, list[list[str]]]]) -> None:
    project, expected = built
    with duckdb.connect(str(project.settings.database), read_only=True) as connection:
        rows = connection.execute(f"SELECT * FROM q.{name}").fetchall()
    assert len(rows) == len(expected[name])
    for row, answer in zip(rows, expected[name], strict=True):
        assert len(row) == len(answer)
        for value, text in zip(row, answer, strict=True):
            assert same(value, text), (row, answer)


def same(value: object, text: str) -> bool:
    """Numbers as numbers, to the precision of a double; anything else as text. The reference writes NULL as nothing."""
    if value is None:
        return text in ("", "NULL")
    try:
        return float(str(value)) == pytest.approx(float(text), rel=1e-9)
    except ValueError:
        return str(value) == text


def test_the_lineage_of_all_22_is_complete_to_the_column(built: tuple[Project, dict[str, list[list[str]]]]) -> None:
    project, _ = built
    assert len(project.columns) == 22
    assert all(lineage.complete for lineage in project.columns.values())
    told = "".join(
        f"{key.name}.{column.name} <- {' '.join(f'{origin.table}.{origin.column}' for origin in column.origins)}".rstrip() + "\n"
        for key, lineage in sorted(project.columns.items())
        for column in lineage.columns
    )
    if os.environ.get("REWRITE_CASES"):
        GOLDEN.write_text(told, encoding="utf-8")
    assert told == GOLDEN.read_text(encoding="utf-8")


def test_the_columns_are_those_of_the_tables_that_were_made(built: tuple[Project, dict[str, list[list[str]]]]) -> None:
    project, _ = built
    with duckdb.connect(str(project.settings.database), read_only=True) as connection:
        for key, lineage in project.columns.items():
            made = connection.execute(f'DESCRIBE q."{key.name}"').fetchall()
            assert [column.name.lower() for column in lineage.columns] == [row[0].lower() for row in made]
            assert all(column.type in ("", row[1]) for column, row in zip(lineage.columns, made, strict=True))
