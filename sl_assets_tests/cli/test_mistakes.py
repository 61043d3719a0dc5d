"""What a user reads whose project is broken: one line with its place, exit code 2, no traceback, and nothing is run."""

import pytest

from sl_assets_tests.crash.victims import sl_assets

KEYS = (
    "ack, array, dagRef, directory, emptyIsNull, encoding, escape, format, freshness, loader, multiline, nullValue, "
    "onChangedFile, options, quietPeriod, quote, rejectAllOnError, rejectMaxRate, rejectMaxRecords, retention, runOnArrival, "
    "schedule, separator, sink, withHeader, writeStrategy"
)


def break_unknown_key(shop):
    shop.table("goods", "id: long!", "metadata: {seperator: ;}")


def break_wrong_type(shop):
    shop.table("goods", "id: long!", "metadata: {withHeader: perhaps}")


def break_sql(shop):
    shop.task("total", "SELECT count(*) AS n\nFROM shop.fines")


def break_cron(shop):
    shop.table("goods", "id: long!", 'metadata: {schedule: "0 25 * * *"}')


def break_twice(shop):
    shop.table("goods", "id: long!")
    shop.write(
        "config/load/shop/other.sl.yml",
        "version: 1\ntable: {name: goods, pattern: 'o.*', attributes: [{name: id, type: long}]}\n",
    )


MISTAKES = {
    "unknown key": (
        break_unknown_key,
        (
            'config/load/shop/goods.sl.yml:7:14  error  metadata.seperator: is an unknown key. Did you mean "separator"? '
            f"Allowed: {KEYS}. [SL105]"
        ),
    ),
    "wrong type": (
        break_wrong_type,
        'config/load/shop/goods.sl.yml:7:26  error  metadata.withHeader: expected true or false, found "perhaps". [SL107]',
    ),
    "missing table in SQL": (
        break_sql,
        (
            'config/transform/kpi/total.sql:2:6  error  shop.fines: is missing: domain "shop" has no such table. '
            'Did you mean "shop.fine"? [SL303]'
        ),
    ),
    "bad cron": (
        break_cron,
        (
            'config/load/shop/goods.sl.yml:7:24  error  metadata.schedule: "0 25 * * *" is not a valid cron. A cron has '
            "five fields: minute hour day-of-month month day-of-week, such as 0 6 * * *. [SL209]"
        ),
    ),
    "duplicate table": (
        break_twice,
        (
            "config/load/shop/other.sl.yml:2:15  error  name: shop.goods is already made by config/load/shop/goods.sl.yml:3:9. "
            "Rename one of them. [SL206]"
        ),
    ),
}


@pytest.fixture(params=MISTAKES)
def mistake(request, shop):
    """A project with one mistake, a good table beside it, and the line it must be told in."""
    shop.table("fine", "id: long!")
    shop.land("fine1.csv", "id\n1\n")
    break_it, line = MISTAKES[request.param]
    break_it(shop)
    return line


def lines(output, shop):
    return output.replace(f"{shop.root}/", "").splitlines()


def test_check_tells_it_in_one_line_with_its_place(shop, invoke, mistake):
    result = invoke("check")
    assert result.exit_code == 2
    told, summary = lines(result.output, shop)
    assert told == mistake
    assert summary.endswith(": 1 error, 0 warnings.")


def test_run_tells_the_same_line_and_runs_nothing(shop, invoke, mistake):
    result = invoke("run")
    assert result.exit_code == 2
    assert lines(result.output, shop) == [mistake, "Nothing was run. `sl-assets check` tells warnings as well."]
    assert shop.files("incoming") == ["fine1.csv"]
    assert not (shop.root / ".dagster").exists()
    assert not (shop.root / "datasets" / "warehouse.duckdb").exists()


def test_show_tells_it_too(shop, invoke, mistake):
    result = invoke("show", "shop.fine")
    assert result.exit_code == 2
    assert lines(result.output, shop)[0] == mistake


@pytest.mark.slow
def test_the_real_command_tells_it_without_a_traceback(shop, mistake):
    for command in ("check", "run"):
        ended = sl_assets(shop.root, command)
        assert ended.code == 2
        assert lines(ended.output, shop)[0] == mistake
        assert "Traceback" not in ended.output
        assert "\x1b" not in ended.output


def test_yaml_that_is_no_yaml_has_its_line_too(shop, invoke):
    shop.write("config/load/shop/goods.sl.yml", "version: 1\ntable:\n  name: [goods\n")
    result = invoke("check")
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert lines(result.output, shop)[0].startswith("config/load/shop/goods.sl.yml:")


def test_all_mistakes_are_told_at_once(shop, invoke):
    break_cron(shop)
    break_sql(shop)
    result = invoke("check")
    assert result.exit_code == 2
    assert len(lines(result.output, shop)) == 3
    assert result.output.rstrip().endswith("2 errors, 0 warnings.")


def test_a_sound_project_checks_with_zero(shop, invoke):
    shop.table("goods", "id: long!, label: string")
    result = invoke("check")
    assert result.exit_code == 0
    assert lines(result.output, shop) == ["1 table and 0 transforms in config: 0 errors, 0 warnings."]


def test_a_folder_without_a_project_is_told(tmp_path, invoke, monkeypatch):
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("SL_ROOT", str(empty))
    for command in ("check", "run"):
        result = invoke(command)
        assert result.exit_code == 2
        assert result.output.splitlines() == [
            (
                f"{empty}/metadata/application.sl.yml  error  the project has no such file. "
                "A project has it in config/ or metadata/, or where SL_METADATA says. [SL200]"
            )
        ]
