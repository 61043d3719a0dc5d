"""The sentences that several comparisons share."""

from collections.abc import Sequence

from sl_assets.project.records import TableKey
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.spec.place import Place


def warn(code: str, place: Place, subject: object, fact: str, hint: str) -> Diagnostic:
    """A finding about data that is already there; it never stops a project."""
    return Diagnostic("warning", code, place, str(subject), fact, hint)


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def such_as(names: Sequence[str]) -> str:
    """The one example a finding has."""
    return names[0] if len(names) == 1 else f"such as {names[0]}"


def load_afresh(key: TableKey) -> str:
    """The command that builds a table from its files under today's YAML."""
    return f"""`sl-assets run 'key:"{key.domain}/{key.name}"' --reload`"""
