"""`writeStrategy.types`: the strategy chosen for each file, by expressions of which exactly one must be true."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sl_assets.project.conditions import ConditionError, parse_condition
from sl_assets.project.file_facts import FileFacts, known_groups, match_groups
from sl_assets.project.records import FileChoice, Table
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.metadata import STRATEGIES, StrategyName, WriteStrategySpec
from sl_assets.spec.read import Source

_CHOOSABLE: tuple[StrategyName, ...] = tuple(name for name in STRATEGIES if name != "SCD2")
"""As in Starlake not SCD2: its columns are there for all rows or for none."""


class ChoiceError(ValueError):
    """Not exactly one expression is true of a file; the text says which are."""


def read_choices(spec: WriteStrategySpec, source: Source, findings: Findings, pattern: str | None) -> tuple[FileChoice, ...]:
    """The choices, checked.

    Args:
        spec: As written or inherited.
        source: Where it is written.
        findings: Takes SL108 (no such strategy) and SL224 (an expression that cannot be read, a task that has no files).
        pattern: Of the table's files (Python's), empty when it is broken; None for a task.
    """
    if spec.types and pattern is None:
        fact = "chooses by the file that is loaded, and a task has none."
        findings.error("SL224", source.place("types"), source.subject("types"), fact, "Write one strategy as type.")
        return ()
    if spec.types and "type" in spec.model_fields_set:
        fact = f'"{spec.type}" is not used: types chooses the strategy of each file.'
        findings.warning("SL224", source.place("type"), source.subject("type"), fact, "Leave one of the two out.")
    groups = known_groups(pattern) if pattern and spec.types else None
    kinds: dict[str, StrategyName] = {name: name for name in _CHOOSABLE}
    found: list[FileChoice] = []
    for written, text in spec.types.items():
        kind = kinds.get(written.strip().upper())
        place, subject = source.place("types", written), source.subject("types", written)
        if kind is None:
            findings.error("SL108", place, subject, f'"{written}" cannot be chosen per file.', allowed(_CHOOSABLE, written))
            continue
        try:
            parse_condition(text, groups)
        except ConditionError as error:
            findings.error("SL224", place, subject, f"`{text}` is no condition: {error}")
        found.append(FileChoice(kind, text))
    return tuple(found)


def choose_type(table: Table, name: str, size: int, modified_at: datetime, now: datetime, timezone: str) -> str:
    """The strategy of one file of a table; the table's own when it has no choices.

    Args:
        table: The table.
        name: The file's name.
        size: Its size in bytes.
        modified_at: When it was changed last, with a zone.
        now: The time the run stands for, with a zone.
        timezone: The project's: in it days begin and end.

    Raises:
        ChoiceError: None of the expressions is true, or more than one.
    """
    choices = table.strategy.choices
    if not choices:
        return table.strategy.type
    zone = ZoneInfo(timezone)
    file = FileFacts(match_groups(table.pattern, name), size, modified_at.astimezone(zone), now.astimezone(zone))
    fitting = [choice for choice in choices if parse_condition(choice.condition)(file)]
    if len(fitting) != 1:
        found = " and ".join(choice.type for choice in fitting) or "none"
        listed = "; ".join(f"{choice.type}: {choice.condition}" for choice in choices)
        raise ChoiceError(
            f"writeStrategy.types must choose one strategy for it and chooses {found} ({listed}). Nothing was written. "
            "Hint: correct the expressions, or the file's name."
        )
    return fitting[0].type
