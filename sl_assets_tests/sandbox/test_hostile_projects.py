"""A hostile project: whatever its templates, names, values and paths try, reading it runs nothing and opens nothing else.

And what is run later neither leaves the project unsaid nor turns a value into SQL.
"""

import builtins
import io
import os
import subprocess

import pytest

from sl_assets.project import load_project
from sl_assets.project.arguments import ArgumentError, read_expression
from sl_assets.project.polars_methods import METHODS
from sl_assets.spec.diagnostic import ProjectError
from sl_assets.steps.run import Run
from sl_assets.steps.transform import transform
from sl_assets.warehouse.duckdb.connect import Warehouse

TEMPLATES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.system('touch ran') }}",
    "{{ lipsum.__globals__['os'].popen('touch ran').read() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ ''|attr('__class__') }}",
    "{% include '/etc/passwd' %}",
    "{% import '/etc/passwd' as secret %}{{ secret }}",
    "{% extends '/etc/passwd' %}",
    "{{ joiner.__init__.__builtins__.open('/etc/passwd').read() }}",
    "{{ '%s'.__mod__.__self__.__class__ }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(namespace) }}",
]
EXPRESSIONS = [
    "(SELECT a FROM read_csv('/etc/passwd'))",
    "(select * from read_parquet('x'))",
    "(FROM read_csv('/etc/passwd'))",
    "EXISTS (FROM x)",
    "a IN (TABLE x)",
    "(VALUES (1))",
    "1) FROM read_csv('/etc/passwd') --",
    "1; SELECT 2",
    "a /* */ FROM x",
    "read_csv('/etc/passwd')",
    "scan_parquet('x')",
    "(WITH x AS (SELECT 1) SELECT * FROM x)",
]


@pytest.fixture
def watched(monkeypatch, shop):
    """Which files outside the project are opened for reading, and whether a process is started."""
    opened, original = [], io.open

    def watch(file, *args, **kwargs):
        opened.append(str(file))
        return original(file, *args, **kwargs)

    def refuse(*_args, **_kwargs):
        raise AssertionError("a process was started")

    monkeypatch.setattr(builtins, "open", watch)
    monkeypatch.setattr(io, "open", watch)
    monkeypatch.setattr(os, "system", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.chdir(shop.root)
    return opened


def outside(opened, shop):
    return [file for file in opened if file.startswith(("/etc", "/proc")) or "secret" in file]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_runs_nothing_and_reads_nothing(shop, watched, template):
    shop.task("sales", f"SELECT '{template.replace(chr(39), chr(39) * 2)}' AS x")
    shop.task("raw", f"SELECT 1 AS x -- {template}")
    shop.write("config/macros/hostile.j2", f"{{% macro m() %}}{template}{{% endmacro %}}{{{{ m() }}}}")
    steps = "steps:\n  - sql: |\n      SELECT 1 AS x -- " + template
    shop.write("config/transform/kpi/chained.sl.yml", f"version: 1\ntask:\n  {steps.replace(chr(10), chr(10) + '  ')}\n")
    project, told = load_project(shop.root, {}), []
    for task in project.tasks.values():
        try:
            transform(project, Warehouse.of(project.settings), task, Run("r1"))
        except ProjectError:
            continue
        except Exception as error:  # noqa: BLE001 - SQL that a template has broken fails in its own way
            told.append(str(error))
    assert "root:" not in "".join(told)
    assert outside(watched, shop) == []
    assert not (shop.root / "ran").exists()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_of_polars_holds_no_query(expression):
    with pytest.raises(ArgumentError):
        read_expression(expression)


def test_no_method_of_a_step_reads_or_writes_files_or_takes_code():
    dangerous = (
        "sink",
        "write",
        "read",
        "scan",
        "map",
        "pipe",
        "apply",
        "serialize",
        "collect",
        "sql",
        "remote",
        "inspect",
        "show",
    )
    assert [method for method in METHODS if any(word in method for word in dangerous)] == []


@pytest.mark.parametrize(
    "function",
    ["os:system", "subprocess:run", "builtins:eval", "sl_assets.steps.load:load", "../evil:run", "evil;import os:run", "a.b:c()"],
)
def test_a_path_of_a_function_leads_to_no_module_of_python_or_ours(shop, watched, function):
    text = f'version: 1\ntask:\n  steps:\n    - sql: SELECT 1 AS id\n    - {{function: "{function}", args: ["touch ran"]}}\n'
    shop.write("config/transform/kpi/sales.sl.yml", text)
    assert [each.code for each in load_project(shop.root, {}).errors] == ["SL281"]
    assert not (shop.root / "ran").exists()


def test_reading_a_project_runs_no_line_of_its_python(shop, watched):
    bomb = "raise SystemExit('ran')\n\n\ndef sales(df=__import__('os').system('touch ran')):\n    return df\n"
    shop.write("config/transform/kpi/sales.py", bomb)
    shop.write("config/functions/bomb.py", bomb.replace("df=__import__('os').system('touch ran')", "df"))
    text = 'version: 1\ntask:\n  steps:\n    - sql: SELECT 1 AS id\n    - {function: "bomb:sales"}\n'
    shop.write("config/transform/kpi/chained.sl.yml", text)
    assert [each.code for each in load_project(shop.root, {}).errors] == ["SL322"]
    assert not (shop.root / "ran").exists()


@pytest.mark.parametrize(
    "yaml",
    [
        "task: !!python/object/apply:os.system ['touch ran']",
        "task: {sql: !!python/name:os.system }",
        "task: {sources: [{name: a, path: ../../../etc/passwd, format: CSV}]}",
        "task: {sources: [{name: a, path: /etc/passwd, format: CSV}]}",
        "task: {sources: [{name: a, path: 'data/../../x', format: CSV}]}",
        'task: {sources: [{name: "a;b", path: data, format: CSV}]}',
        "task: {sources: [{name: a, path: data, format: CSV, options: {\"delim='x', filename\": 1}}]}",
        "task: {sql: SELECT 1 AS id, sink: {format: CSV, path: ../../x.csv}}",
        "task: {sql: SELECT 1 AS id, sinks: [{path: /etc/cron.d/x.csv}]}",
        "task: {sql: SELECT 1 AS id, sinks: [{path: out, format: CSV, partition: ['a) TO x --']}]}",
        "task: {python: ../../../../evil.py}",
        'task: {sql: SELECT 1 AS id, parameters: {"a b": 1}}',
        'task: {table: "x; DROP TABLE y", sql: SELECT 1 AS id}',
    ],
)
def test_a_hostile_value_is_refused_before_anything_runs(shop, watched, yaml):
    shop.write("config/transform/kpi/sales.sl.yml", f"version: 1\n{yaml}\n")
    assert load_project(shop.root, {}).errors
    assert outside(watched, shop) == []
    assert not (shop.root / "ran").exists()


def test_names_and_values_are_quoted_wherever_they_become_sql(shop):
    evil = "x\"'); DROP SCHEMA kpi CASCADE; --"
    shop.write("data/it's [1].csv", "id\n1\n")
    shop.task(
        "sales",
        f"SELECT id, 'v' AS \"{evil.replace(chr(34), chr(34) * 2)}\" FROM {{df}}",
        'sources:\n  - {name: rows, path: data, format: CSV, options: {nullstr: "\'); DROP SCHEMA kpi; --"}}\n'
        'sink: {format: PARQUET, path: "out/it\'s"}',
    )
    project = shop.project()
    report = transform(project, Warehouse.of(project.settings), shop.node("kpi.sales"), Run("r1"))
    assert report.rows == 1
    assert shop.rows("SELECT * FROM kpi.sales") == [(1, "v")]
