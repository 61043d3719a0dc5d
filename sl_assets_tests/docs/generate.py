"""Writes the generated parts of the documentation: `python -m sl_assets_tests.docs.generate`."""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import click
from click.testing import CliRunner

from sl_assets.cli.main import main
from sl_assets.project.library import library_macros
from sl_assets.spec.codes import CODES
from sl_assets_tests.docs.configuration import key_reference
from sl_assets_tests.docs.pages import ROOT

_PART = re.compile(r"(?<=<!-- generated: python -m sl_assets_tests.docs.generate -->\n).*?(?=<!-- end -->)", re.DOTALL)


def command_help() -> str:
    """What every command prints with `--help`, on a terminal of 80 columns."""
    calls = list(_calls(main, []))
    return "".join(f"\n## {' '.join(['sl-assets', *call])}\n\n```text\n{_help(call)}```\n" for call in calls) + "\n"


def _calls(command: click.Command, call: list[str]) -> Iterator[list[str]]:
    yield call
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _calls(below, [*call, name])


def _help(call: list[str]) -> str:
    result = CliRunner().invoke(main, [*call, "--help"], prog_name="sl-assets", terminal_width=80)
    assert result.exit_code == 0, result.output
    return result.output


def code_list() -> str:
    """Every diagnostic code, by hundreds."""
    titles = {"1": "Files, YAML and templates", "2": "Meaning", "3": "SQL", "4": "The warehouse"}
    parts: list[str] = []
    for hundred, title in titles.items():
        codes = {code: meaning.replace("<", r"\<") for code, meaning in CODES.items() if code[2] == hundred}
        rows = "".join(f"| {code} | {meaning} |\n" for code, meaning in codes.items())
        parts.append(f"\n## {title}\n\n| code | |\n|---|---|\n{rows}")
    return "".join(parts) + "\n"


def macro_library() -> str:
    """Every macro of the library with an example, by category."""
    parts: list[str] = []
    for category, macros in groupby(library_macros().values(), key=lambda macro: macro.category):
        rows = "".join(f"| `{macro.example}` | {macro.about} |\n" for macro in macros)
        parts.append(f"\n### {category.capitalize()}\n\n| example | |\n|---|---|\n{rows}")
    return "".join(parts) + "\n"


GENERATED: dict[str, Callable[[], str]] = {
    "docs/cli.md": command_help,
    "docs/configuration.md": key_reference,
    "docs/diagnostics.md": code_list,
    "docs/expectations.md": macro_library,
}


def generated_part(page: Path) -> str:
    found = _PART.search(page.read_text(encoding="utf-8"))
    assert found is not None, f"{page} has no generated part"
    return found.group()


def write() -> None:
    for name, make in GENERATED.items():
        page = ROOT / name
        page.write_text(_PART.sub(lambda _, make=make: make(), page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
