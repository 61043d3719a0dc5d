"""The documentation is executed: a page that does not work as it is written fails here."""

import re
from collections.abc import Iterator, Sequence

import click
import duckdb
import pytest
import yaml

from sl_assets.cli.main import main
from sl_assets.spec.codes import CODES
from sl_assets_tests.docs.generate import GENERATED, generated_part
from sl_assets_tests.docs.pages import PAGES, ROOT, anchors, blocks, commands, links, name_of, sections

LONGEST_DECISION = 40
FINISHED = "bakery after make run"  # made once, for those that run in one process of the tests
EXECUTED = [
    pytest.param(
        page,
        kind,
        content,
        id=f"{name_of(page)}, {kind}",
        marks=pytest.mark.xdist_group(kind) if kind == FINISHED else (),
    )
    for page in PAGES
    for kind, content in sections(page)
]
every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "kind", "content"), EXECUTED)
def test_a_page_works_as_it_is_written(page, kind, content, open_folder):
    folder = open_folder(kind)
    printed = None
    for block in content:
        if block.path:
            target = folder.path / block.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.language in ("bash", "console"):
            for command in commands(block):
                output = folder.run(command.line)
                missing = missing_line(command.expected, output, str(folder.path))
                assert missing is None, f"{name_of(page)}: `{command.line}` does not print: {missing}\nbut:\n{output}"
        elif block.language == "sql":
            assert query(folder.path / "datasets" / "warehouse.duckdb", block.text), f"no rows: {block.text}"
        elif block.language == "python":
            printed = folder.python(block.text)
        elif block.language == "text" and printed is not None:
            assert printed == block.text
            printed = None


@every_page
def test_every_block_that_can_be_executed_says_in_which_folder(page):
    executed = [block for block in blocks(page) if block.language in ("bash", "console", "sql", "python", "yaml")]
    without = [block.text for block in executed if block.folder is None]
    assert without == []


@every_page
def test_yaml_is_yaml(page):
    for block in blocks(page):
        if block.language == "yaml":
            assert isinstance(yaml.safe_load(block.text), dict)


@every_page
def test_every_link_and_picture_leads_somewhere(page):
    for link in links(page):
        target, _, anchor = link.partition("#")
        if target.startswith("http"):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{name_of(page)} links to {link}"
        assert not anchor or anchor in anchors(file), f"{name_of(page)} links to {link}"


@every_page
def test_no_page_names_a_folder_of_the_machine_it_was_written_on(page):
    assert re.findall(r"/(?:work|tmp|root)\b\S*|\.library", page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", GENERATED)
def test_what_is_generated_is_up_to_date(name):
    hint = "run: python -m sl_assets_tests.docs.generate"
    assert generated_part(ROOT / name) == GENERATED[name](), hint


def test_every_command_and_option_is_described():
    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert f"## sl-assets {name}\n" in text
        options = [option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts]
        assert [option for option in options if option not in text] == []


def test_every_diagnostic_code_is_described():
    text = (ROOT / "docs/diagnostics.md").read_text(encoding="utf-8")
    assert [code for code in CODES if f"| {code} |" not in text] == []


def test_the_index_lists_every_page():
    listed = {(ROOT / "docs" / link).resolve() for link in links(ROOT / "docs/index.md")}
    assert [name_of(page) for page in PAGES if page.parent != ROOT and page.name != "index.md" and page not in listed] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "decisions"], ids=name_of)
def test_a_decision_is_dated_and_short(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    assert len(lines) < LONGEST_DECISION
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]+ \d{4}, (accepted|replaced by \d{4})\.", lines[2])


def test_what_is_not_printed_is_found():
    assert missing_line(("one", "three"), "one\ntwo\nthree\n", "/x") == "three"
    assert missing_line(("one", "...", "four"), "one\ntwo\nthree\n", "/x") == "four"
    assert missing_line(("one",), "one\ntwo\n", "/x") == "nothing after: one"
    assert missing_line(("one 0.12", "...", "/home/you/shop/a ..."), "one  0.50\ntwo\n/x/a b\n", "/x") is None


def query(database, sql: str) -> list[tuple]:
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def missing_line(expected: Sequence[str], printed: str, folder: str) -> str | None:
    """The first expected line that was not printed in its place, None when all were.

    `...` as a line stands for any lines, at the end of a line for its rest. The folder of the page, times, durations and the
    width of columns may differ.
    """
    lines = [_plain(line.replace(folder, "/home/you/*")) for line in printed.splitlines() if line.strip()]
    at, anywhere = 0, False
    for line in _wanted(expected):
        if line == "...":
            anywhere = True
            continue
        last = len(lines) if anywhere else at + 1
        found = next((number for number in range(at, min(last, len(lines))) if _same(line, lines[number])), None)
        if found is None:
            return line
        at, anywhere = found + 1, False
    return None if anywhere or at == len(lines) else f"nothing after: {lines[at - 1] if at else 'the command'}"


def _wanted(expected: Sequence[str]) -> Iterator[str]:
    for line in expected:
        if line.strip():
            yield _plain(re.sub(r"/home/you/\w+", "/home/you/*", line))


def _plain(line: str) -> str:
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>", line)
    return " ".join(re.sub(r"\s\d+\.\d\d$", "", line.rstrip()).split())


def _same(wanted: str, line: str) -> bool:
    return line.startswith(wanted.removesuffix("...")) if wanted.endswith("...") else line == wanted
