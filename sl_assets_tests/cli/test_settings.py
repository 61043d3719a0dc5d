"""`sl-assets settings`: each value with the place or the variable that it comes from, and nothing secret."""

import json

import pytest

SECRETS = ("hunter22", "s3cr3t-t0ken", "0123456789abcdef0123", "inline-pass", "querypw")


@pytest.fixture
def settings(shop, invoke, monkeypatch):
    """The settings by name, as `--json` tells them."""
    shop.write(
        "config/application.sl.yml",
        "version: 1\napplication:\n  connectionRef: duckdb\n  archive: false\n  connections:\n"
        '    duckdb: {type: jdbc, options: {url: "jdbc:duckdb:{{SL_DATASETS}}/w.duckdb"}}\n'
        '    dwh: {type: jdbc, options: {url: "jdbc:postgresql://me:inline-pass@host/db?password=querypw&ssl=true", '
        'user: "{{DWH_USER}}", password: "{{DWH_PASSWORD}}", note: "token is {{API_TOKEN}}"}}\n',
    )
    shop.write("config/env.sl.yml", 'version: 1\nenv:\n  top: 10\n  SL_ENV: prod\n  api_token: "{{API_TOKEN}}"\n')
    shop.write("config/env.prod.sl.yml", "version: 1\nenv:\n  top: 20\n")
    monkeypatch.setenv("DWH_PASSWORD", "hunter22")
    monkeypatch.setenv("DWH_USER", "me")
    monkeypatch.setenv("API_TOKEN", "s3cr3t-t0ken")
    monkeypatch.setenv("SL_PRIVACY_KEY", "0123456789abcdef0123")
    monkeypatch.setenv("SL_TIMEZONE", "Europe/Paris")
    monkeypatch.setenv("SL_AREA_ARCHIVE", "kept")

    def read():
        result = invoke("settings", "--json")
        assert result.exit_code == 0
        assert [secret for secret in SECRETS if secret in result.output] == []
        answer = json.loads(result.output)
        assert answer["version"] == 1
        return {(each["section"], each["name"]): each for each in answer["settings"]}

    return read


def test_what_a_file_says_has_its_place(settings, shop):
    found = settings()
    archive = found["application", "archive"]
    file = str(shop.root / "config/application.sl.yml")
    assert (archive["value"], archive["origin"], archive["file"], archive["line"], archive["column"]) == (
        False,
        "file",
        file,
        4,
        12,
    )
    database = found["connections", "database"]
    assert (database["value"], database["line"]) == (str(shop.root / "datasets/w.duckdb"), 6)


def test_what_the_environment_says_has_its_variable(settings):
    found = settings()
    for key, value, variable in [
        (("application", "timezone"), "Europe/Paris", "SL_TIMEZONE"),
        (("application", "privacy.key"), "********", "SL_PRIVACY_KEY"),
        (("project", "areas.archive"), found["project", "areas.archive"]["value"], "SL_AREA_ARCHIVE"),
    ]:
        assert (found[key]["value"], found[key]["origin"], found[key]["variable"]) == (value, "environment", variable)


def test_the_rest_is_the_default(settings):
    rest = settings()["application", "previewRows"]
    assert (rest["value"], rest["origin"], rest["file"], rest["line"], rest["variable"]) == (10, "default", None, None, None)


def test_a_file_wins_over_the_environment(settings, monkeypatch, shop):
    monkeypatch.setenv("SL_ARCHIVE", "true")
    assert settings()["application", "archive"]["origin"] == "file"
    file = shop.root / "config/application.sl.yml"
    file.write_text(file.read_text("utf-8") + "  area: {archive: done}\n", "utf-8")
    archive = settings()["project", "areas.archive"]
    assert (archive["value"], archive["origin"], archive["variable"]) == (str(shop.root / "datasets/done"), "file", None)


def test_variables_of_the_active_environment_come_from_its_file(settings):
    found = settings()
    assert (found["project", "env"]["value"], found["project", "env"]["line"]) == ("prod", 4)
    top = found["variables", "top"]
    assert (top["value"], top["file"].rpartition("/")[2], top["line"]) == ("20", "env.prod.sl.yml", 3)


def test_secrets_are_masked_by_name_by_look_and_by_value(settings):
    found = settings()
    assert found["connections", "dwh.options.password"]["value"] == "********"
    assert found["connections", "dwh.options.url"]["value"] == "jdbc:postgresql://me:********@host/db?password=********&ssl=true"
    assert found["connections", "dwh.options.note"]["value"] == "token is ********"
    assert found["variables", "api_token"]["value"] == "********"
    assert found["connections", "dwh.options.user"]["value"] == "me"


def test_people_get_a_table(settings, invoke, shop, monkeypatch):
    monkeypatch.chdir(shop.root)
    settings()
    lines = [" ".join(line.split()) for line in invoke("settings").output.splitlines()]
    assert "archive false config/application.sl.yml:4:12" in lines
    assert "timezone Europe/Paris $SL_TIMEZONE" in lines
    assert "previewRows 10 default" in lines


def test_errors_of_the_file_end_with_two_and_the_rest_is_shown(shop, invoke):
    shop.write("config/application.sl.yml", "version: 1\napplication: {archive: perhaps, timezone: Europe/Rome}\n")
    result = invoke("settings")
    assert result.exit_code == 2
    assert 'archive: expected true or false, found "perhaps".' in result.output
    assert "Europe/Rome" in result.output
