"""A group of commands that are imported when they are called, so that `check` does not wait for Dagster."""

import gc
import importlib
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import ClassVar

import click

from sl_assets.collection import rare_collection


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own name, each as `command`; subclasses say which and where."""

    package: ClassVar[str]
    lines: ClassVar[Mapping[str, str]]
    """Command -> its line in the list that `--help` shows."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the alphabet."""
        del ctx
        return sorted(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        del ctx
        if cmd_name not in self.lines:
            return None
        return _imported(f"{self.package}.{cmd_name.replace('-', '_')}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without importing anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.lines.items()))


def _imported(name: str) -> ModuleType:
    """The module, read without looking for garbage meanwhile or ever in what was read: a third of the time that Dagster takes."""
    if name in sys.modules:
        return sys.modules[name]
    with rare_collection():
        module = importlib.import_module(name)
    gc.freeze()
    return module
