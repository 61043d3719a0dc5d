"""`sl-assets rejects`: what was refused, why, and how it gets in after all."""

from collections.abc import Mapping
from typing import ClassVar

import click

from sl_assets.cli.lazy import LazyGroup

NOTHING_OPEN = "No rejected record is open."


class Commands(LazyGroup):
    """Those of `sl-assets rejects`."""

    package = "sl_assets.cli.rejects"
    lines: ClassVar[Mapping[str, str]] = {
        "export": "Write open records to files, to be corrected.",
        "list": "How many open records each rule refused.",
        "replay": "Load what is valid by now, each once.",
        "show": "The open records themselves.",
    }


@click.group("rejects", cls=Commands)
def command() -> None:
    """Show which records were refused and why, and load them once the YAML or the data is mended.

    A rejected record is open until it is answered: its file is loaded afresh, or the record is replayed, or corrected.
    """
