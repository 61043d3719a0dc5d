from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sl_assets.project import compile_expectation, compile_task, load_project
from sl_assets.project.compile import compile_statements
from sl_assets.project.records import Project, TableKey
from sl_assets.spec.diagnostic import ProjectError

ORDERS = """version: 1
table:
  name: Orders
  rename: orders
  pattern: "orders_(?<day>[0-9]{8}).csv"
  primaryKey: [order_id]
  metadata:
    separator: ","
    writeStrategy: {type: UPSERT_BY_KEY}
    options: {a: table}
  attributes:
    - {name: id, rename: order_id, type: long}
    - {name: price, type: money}
    - {name: day, type: date}
"""
FILES = {
    "application.sl.yml": "application:\n  schedulePresets: {nightly: '0 3 * * *'}\n",
    "types/types.sl.yml": "types:\n  - {name: money, primitiveType: decimal, zone: '10,2'}\n",
    "load/shop/_config.sl.yml": (
        "load:\n  rename: sales\n  metadata:\n    directory: '{{SL_INCOMING}}/shop'\n    schedule: nightly\n"
        "    separator: '|'\n    quote: x\n    options: {b: domain}\n    dagRef: d\n"
    ),
    "load/shop/orders.sl.yml": ORDERS,
    "dags/d.sl.yml": "dag:\n  template: t\n  filename: f\n  options: {pre_load_strategy: imported, retries: 2, tags: a b}\n",
    "expectations/e.j2": "{% macro unique(c) %}SELECT count(*) - count(DISTINCT {{ c }}) FROM SL_THIS{% endmacro %}\n",
    "transform/kpi/revenue.sl.yml": (
        "task:\n  attributes: [{name: day, type: date}]\n  expectations:\n    - expect: unique('day')\n"
    ),
    "transform/kpi/revenue.sql": "SELECT day, '{{ sl_scheduled_date }}' AS s FROM sales.orders WHERE '${who}' = 'x';\n",
    "transform/kpi/best.sql.j2": "{% if true %}SELECT max(day) AS day FROM revenue{% endif %}\n",
}
Make = Callable[..., Project]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes the small project above, with some files changed, and loads it."""

    def build(changes: dict[str, str] | None = None, environ: dict[str, str] | None = None) -> Project:
        for name, text in {**FILES, **(changes or {})}.items():
            file = tmp_path / "metadata" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return load_project(tmp_path, environ or {})

    return build


def test_a_small_project_has_nothing_wrong(make: Make) -> None:
    assert make().diagnostics == ()


def test_the_same_text_makes_the_same_project(make: Make) -> None:
    assert make() == make()


def test_keys_are_final_names_and_the_written_ones_are_kept(make: Make) -> None:
    table = make().tables[TableKey("sales", "orders")]
    assert (table.source, table.source_domain, table.pattern) == ("Orders", "shop", "orders_(?P<day>[0-9]{8}).csv")
    assert (table.attributes[0].source, table.attributes[0].name) == ("id", "order_id")


def test_metadata_is_inherited_key_by_key_and_maps_as_a_whole(make: Make) -> None:
    table = make().tables[TableKey("sales", "orders")]
    assert (table.format.separator, table.format.quote, table.format.options) == (",", "x", {"a": "table"})
    assert table.schedule == "0 3 * * *"


def test_a_table_takes_its_key_from_the_primary_key(make: Make) -> None:
    assert make().tables[TableKey("sales", "orders")].strategy.key == ("order_id",)


def test_the_options_of_a_dag_reach_the_table_and_the_domain(make: Make) -> None:
    project = make()
    orchestration = project.tables[TableKey("sales", "orders")].orchestration
    assert (orchestration.retries, orchestration.retry_delay, orchestration.tags) == (2, timedelta(seconds=300), ("a", "b"))
    assert project.domains["sales"].pre_load_strategy == "imported"
    assert project.landings_of("sales") == (project.areas.incoming / "shop",)


def test_a_decimals_zone_is_its_precision(make: Make) -> None:
    assert make().types["money"].ddl == "DECIMAL(10,2)"


def test_dependencies_come_from_the_sql(make: Make) -> None:
    tasks = make().tasks
    assert tasks[TableKey("kpi", "revenue")].dependencies == (TableKey("sales", "orders"),)
    assert tasks[TableKey("kpi", "best")].dependencies == (TableKey("kpi", "revenue"),)


def test_a_task_is_compiled_with_the_values_of_a_run(make: Make) -> None:
    project = make()
    text = compile_task(project, project.tasks[TableKey("kpi", "revenue")], {"sl_scheduled_date": "2024-01-01", "who": "me"})
    assert text == "SELECT day, '2024-01-01' AS s FROM \"sales\".\"orders\" WHERE 'me' = 'x'"


def test_a_task_in_another_dialect_is_transpiled(make: Make) -> None:
    project = make(
        {
            "application.sl.yml": "application:\n  connectionRef: bq\n  connections:\n    bq: {type: BIGQUERY}\n"
            "  schedulePresets: {nightly: '0 3 * * *'}\n",
            "transform/kpi/revenue.sql": "SELECT SAFE_CAST(day AS DATE) AS day FROM `sales`.`orders`",
        }
    )
    assert [one.code for one in project.diagnostics] == ["SL203"]
    assert project.settings.database == project.root / "datasets" / "duckdb.db"
    text = compile_task(project, project.tasks[TableKey("kpi", "revenue")], {})
    assert " ".join(text.split()) == 'SELECT TRY_CAST(day AS DATE) AS day FROM "sales"."orders"'


def test_values_that_break_the_sql_are_told_when_it_is_compiled(make: Make) -> None:
    project = make({"transform/kpi/revenue.sql": "SELECT {{ expression | default(1) }} AS a\n"})
    task = project.tasks[TableKey("kpi", "revenue")]
    with pytest.raises(ProjectError) as told:
        compile_task(project, task, {"expression": "(("})
    assert [(one.code, one.place.line) for one in told.value.diagnostics] == [("SL302", 1)]


def test_an_expectation_is_compiled_for_its_table(make: Make) -> None:
    project = make()
    key = TableKey("kpi", "revenue")
    text = compile_expectation(project, key, project.tasks[key].expectations[0])
    assert text == 'SELECT count(*) - count(DISTINCT day) FROM "kpi"."revenue"'


def test_a_folders_defaults_are_replaced_or_added_to(make: Make) -> None:
    config = "transform:\n  default:\n    tags: [all]\n    schedule: daily\n    writeStrategy: {type: OVERWRITE}\n"
    own = "task:\n  tags: [own, all]\n  schedule: hourly\n"
    task = make({"transform/kpi/_config.sl.yml": config, "transform/kpi/revenue.sl.yml": own}).tasks[TableKey("kpi", "revenue")]
    assert (task.tags, task.schedule, task.strategy.type) == (("all", "own"), "0 * * * *", "OVERWRITE")


def test_a_partitioned_load_has_its_window_in_the_file_name(make: Make) -> None:
    text = ORDERS.replace("UPSERT_BY_KEY", "APPEND").replace("<day>", "<partition>")
    table = make(
        {"load/shop/orders.sl.yml": text + "  partitions: {grain: daily, start: 2024-01-01, column: day, format: yyyyMMdd}\n"}
    )
    partitions = table.tables[TableKey("sales", "orders")].partitions
    assert partitions is not None
    assert (partitions.start, partitions.file) == (datetime(2024, 1, 1), "orders_(?P<partition>[0-9]{8}).csv")


def test_a_secret_of_the_process_is_kept_only_when_sql_names_it(make: Make) -> None:
    environ = {"TOKEN": "s3cr3t", "LIMIT_ROWS": "5"}
    project = make({"transform/kpi/best.sql.j2": "SELECT 1 AS token LIMIT {{ LIMIT_ROWS }}"}, environ)
    assert "s3cr3t" not in repr(project)
    assert compile_task(project, project.tasks[TableKey("kpi", "best")], {}) == "SELECT 1 AS token LIMIT 5"


def test_the_process_sets_what_the_application_file_leaves_out(make: Make) -> None:
    project = make(environ={"SL_TIMEZONE": "Europe/Paris", "SL_ARCHIVE": "false", "SL_AUDIT_MAX_ERRORS": "7"})
    assert (project.settings.timezone, project.settings.audit_max_errors) == ("Europe/Paris", 7)
    assert project.tables[TableKey("sales", "orders")].archive is False


def test_a_wrong_value_from_the_process_is_a_diagnostic(make: Make) -> None:
    assert [one.code for one in make(environ={"SL_ARCHIVE": "perhaps"}).errors] == ["SL107"]


def test_a_declared_external_table_is_known_and_another_one_is_taken_as_one(make: Make) -> None:
    project = make(
        {
            "external/erp/items.sl.yml": "table: {name: items}\n",
            "transform/kpi/best.sql.j2": "SELECT * FROM erp.items, crm.people",
        }
    )
    assert project.externals == (TableKey("erp", "items"), TableKey("crm", "people"))
    assert [(one.severity, one.code) for one in project.diagnostics] == [("warning", "SL301")]
    text = compile_task(project, project.tasks[TableKey("kpi", "best")], {})
    assert text == 'SELECT * FROM "erp"."items", "crm"."people"'


@pytest.mark.parametrize(
    ("url", "database"),
    [("jdbc:duckdb:data/x.db", "data/x.db"), ("jdbc:duckdb:", "datasets/duckdb.db"), ("jdbc:duckdb:{{SL_ROOT}}/y.db", "y.db")],
)
def test_a_duckdb_connection_opens_its_file(make: Make, url: str, database: str) -> None:
    text = f"connectionRef: d\n  connections: {{d: {{options: {{url: '{url}'}}}}}}\n"
    project = make({"application.sl.yml": FILES["application.sl.yml"] + "  " + text})
    assert project.settings.database == project.root / database


def test_a_project_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ProjectError) as told:
            load_project(root, {})
        assert [one.code for one in told.value.diagnostics] == ["SL200"]


def test_the_application_file_names_areas_and_wins_over_variables(make: Make, tmp_path: Path) -> None:
    make()
    application = tmp_path / "metadata" / "application.sl.yml"
    area = 'area: {pending: waiting, incoming: "{{SL_ROOT}}/{{WHERE}}", archive: /kept}'
    application.write_text(f"version: 1\napplication:\n  {area}\n")
    (tmp_path / "metadata" / "env.sl.yml").write_text(
        'version: 1\nenv: {PLACE: "{{SL_INCOMING}}/shop", OTHER: "{{SL_AREA_STAGE}}"}\n'
    )
    project = load_project(tmp_path, {"SL_AREA_STAGE": "elsewhere", "WHERE": "in", "SL_AREA_REPLAY": "again"})
    assert "SL108" not in {each.code for each in project.errors}
    datasets, areas = tmp_path / "datasets", project.areas
    assert (areas.stage, areas.incoming, areas.archive) == (datasets / "waiting", tmp_path / "in", Path("/kept"))
    assert (areas.replay, areas.unresolved) == (datasets / "again", datasets / "unresolved")
    assert project.environment["PLACE"] == str(tmp_path / "in" / "shop")
    assert project.environment["OTHER"] == str(datasets / "waiting")


def test_an_area_on_another_machine_is_refused(make: Make, tmp_path: Path) -> None:
    make()
    (tmp_path / "metadata" / "application.sl.yml").write_text("version: 1\napplication:\n  area: {stage: 's3://bucket/stage'}\n")
    with pytest.raises(ProjectError, match=r"area\.stage.*not a local folder"):
        load_project(tmp_path, {})


def test_the_project_is_found_by_its_variables(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    monkeypatch.chdir(tmp_path / "metadata")
    moved = load_project(
        environ={"SL_ROOT": str(tmp_path), "SL_DATASETS": "/data", "SL_AREA_STAGE": "waiting", "SL_INCOMING": "/in"}
    )
    assert (moved.root, moved.areas.stage, moved.areas.incoming) == (tmp_path, Path("/data/waiting"), Path("/in"))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "application.sl.yml").write_text("application: {}\n")
    assert load_project(tmp_path, {}).metadata == tmp_path / "config"
    assert load_project(tmp_path, {"SL_METADATA": "metadata"}).metadata == tmp_path / "metadata"


def test_what_an_older_project_writes_behind_an_expectation_decides(make: Make) -> None:
    calls = ("unique('day')", "unique('day') => result(0) == 1", "unique('day') => result(0) >= 10", "unique('day') => count > 0")
    expectations = "".join(f'    - expect: "{call}"\n' for call in calls)
    project = make({"transform/kpi/revenue.sl.yml": f"task:\n  expectations:\n{expectations}"})
    found = project.tasks[TableKey("kpi", "revenue")].expectations
    assert {each.expect for each in found} == {"unique('day')"}
    assert [str(each.wanted) for each in found] == ["0", "1", ">= 10", "0"]
    assert [[each.wanted.holds(number) for number in (0, 1, 10)] for each in found] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
        [True, False, False],
    ]
    assert [(each.code, each.place.line) for each in project.diagnostics] == [("SL220", 6)]


def test_a_task_without_a_name_is_named_like_its_table_and_finds_its_sql_whatever_its_letter_case(make: Make) -> None:
    config = "transform:\n  tasks:\n    - {table: Top}\n    - {table: inline, sql: select 1 as n}\n"
    project = make({"transform/kpi/_config.sl.yml": config, "transform/kpi/top.sql": "select max(day) as day from best"})
    assert project.tasks[TableKey("kpi", "Top")].sql.startswith("select max(day)")
    assert project.tasks[TableKey("kpi", "inline")].name == "inline"
    assert project.diagnostics == ()
    assert len(project.tasks) == 4


def test_presql_and_the_projects_own_macros_are_in_the_dialect_of_the_connection(make: Make) -> None:
    application = "application:\n  duckdbMode: true\n  connectionRef: c\n  connections: {c: {type: bigquery}}\n"
    task = (
        "task:\n  presql: ['DELETE FROM `kpi.old` WHERE IFNULL(n, 0) = 1', 'VACUUM $what']\n  expectations:\n"
        "    - expect: unique('day')\n    - expect: expect_column_values_to_not_be_null(sl_this, 'day')\n"
    )
    macro = "{% macro unique(c) %}SELECT COUNTIF(`{{ c }}` = 'x') FROM SL_THIS{% endmacro %}\n"
    orders = ORDERS.replace("  attributes:", "  presql: ['DELETE FROM `a.b` WHERE true']\n  attributes:")
    files = {"application.sl.yml": application, "transform/kpi/revenue.sl.yml": task, "expectations/e.j2": macro}
    project = make({**files, "load/shop/orders.sl.yml": orders})
    revenue = project.tasks[TableKey("kpi", "revenue")]
    assert [each.text for each in compile_statements(project, revenue.presql, {})] == [
        'DELETE FROM "kpi"."old" WHERE COALESCE(n, 0) = 1',
        "VACUUM $what",
    ]
    own, of_the_library = (compile_expectation(project, revenue.key, each) for each in revenue.expectations)
    assert own == 'SELECT COUNT_IF("day" = \'x\') FROM "kpi"."revenue"'
    assert '"kpi"."revenue"' in of_the_library
    loaded = project.tables[TableKey("sales", "orders")].presql
    assert [each.text for each in compile_statements(project, loaded, {})] == ['DELETE FROM "a"."b" WHERE TRUE']


def test_a_table_without_a_name_is_named_like_its_file(make: Make) -> None:
    project = make({"load/shop/goods.sl.yml": "version: 1\ntable:\n  pattern: goods.*\n  attributes: [{name: id}]\n"})
    table = project.tables[TableKey("sales", "goods")]
    assert (table.source, table.pattern) == ("goods", "goods.*")
    assert project.diagnostics == ()
