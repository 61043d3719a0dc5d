import pytest

from sl_assets.project import load_project
from sl_assets.project.digest import code_version
from sl_assets.project.records import Privacy, TableKey

KEY = "0123456789abcdef-key"
PEOPLE = """
version: 1
table:
  name: people
  pattern: people.*
  attributes:
    - {name: a, privacy: %s}
"""


@pytest.fixture
def people(shop):
    application = shop.root / "config/application.sl.yml"
    text = application.read_text()

    def read(privacy, options="", environ=None, python=""):
        application.write_text(text + (f"  privacy: {{{options}}}\n" if options else ""))
        shop.write("config/privacy/tokens.py", f"def tokenise(values):\n    return values{python}\n")
        shop.write("config/load/shop/people.sl.yml", PEOPLE % privacy)
        project = load_project(shop.root, environ or {})
        return project, project.tables[TableKey("shop", "people")]

    return read


@pytest.mark.parametrize(
    ("written", "options", "privacy"),
    [
        ("none", "", None),
        ("Sha256", "", Privacy("SHA256")),
        ("hide10X", "", Privacy("HIDE", ("X", 10))),
        ("approxLong20", "", Privacy("APPROXLONG", (20,))),
        ("pin", "options: {pin: 'ai.starlake.utils.Mask(\"*\",4,1,3)'}", Privacy("MASK", ("*", 4, 1, 3))),
        ("md5", "options: {md5: 'com.ebiznext.comet.utils.Sha1'}", Privacy("SHA1")),
        ("off", "options: {'off': 'ai.starlake.utils.No'}", None),
        ("'Email(\"SHA-512\")'", "", Privacy("EMAIL", ("SHA512",))),
        ("'SQL: upper(a)'", "", Privacy("SQL", ("upper(a)",))),
        ("'upper( a )'", "", Privacy("SQL", ("upper( a )",))),
    ],
)
def test_a_name_means_its_method(written, options, privacy, people):
    project, table = people(written, options)
    assert project.errors == ()
    assert table.attributes[0].privacy == privacy


def test_a_key_comes_from_the_environment_and_shows_nowhere(people):
    for options, environ in (("", {"SL_PRIVACY_KEY": KEY}), ("key: '{{VAULT}}'", {"VAULT": KEY})):
        project, table = people("HMAC_SHA256", options, environ)
        assert project.diagnostics == ()
        assert project.settings.privacy_key == KEY
        assert KEY not in repr(project) + repr(project.settings) + repr(table)


def test_a_key_that_breaks_the_file_is_not_shown(people):
    for key in ("0123456789'abcdef'", "{a: 0123456789abcdef}", "*0123456789abcdef", "0123456789abcdef: x: y"):
        project, _ = people("MD5", "key: {{VAULT}}", {"VAULT": key})
        assert "0123456789" not in "".join(map(str, project.diagnostics)), key


def test_the_code_version_follows_the_method_and_the_function_but_not_the_key(people):
    options = "options: {token: 'tokens:tokenise'}"
    given = [("MD5", "", {}, ""), ("SHA1", "", {}, ""), ("token", options, {}, ""), ("token", options, {}, "[::1]")]
    versions = [code_version(people(*each)[1]) for each in given]
    assert len(set(versions)) == len(versions)
    first, second = (code_version(people("HMAC_SHA256", "", {"SL_PRIVACY_KEY": key})[1]) for key in (KEY, KEY[::-1]))
    assert first == second
