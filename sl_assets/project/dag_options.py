"""Options of a dag as values: flags, numbers, durations, dates, crons. What is none is SL219, with what would be one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, cast

from sl_assets.project.application import check_timezone
from sl_assets.project.orchestration import Rule, Triggering
from sl_assets.project.schedules import parse_duration, read_schedule
from sl_assets.project.trigger_rules import RuleError, parse_rule
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.read import Source

_FLAGS = {"true": True, "false": False}
_C = TypeVar("_C", bound=str)


@dataclass(frozen=True)
class Options:
    """The options of one dag: their texts, and where they stand. Empty text is not written."""

    texts: Mapping[str, str]
    source: Source
    findings: Findings
    presets: Mapping[str, str]

    def text(self, name: str) -> str:
        """The text of an option; nothing when it is not written."""
        return self.texts.get(name, "").strip()

    def choice(self, name: str, choices: tuple[_C, ...], default: _C) -> _C:
        """One of the choices, whatever the letter case."""
        text = self.text(name).lower() or default
        if text in choices:
            return cast("_C", text)
        self.refuse(name, f'"{self.texts[name]}" is unknown.', allowed(choices, text))
        return default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """`true` or `false`."""
        text = self.text(name).lower()
        if text and text not in _FLAGS:
            self.refuse(name, f'expected true or false, found "{self.texts[name]}".')
        return _FLAGS.get(text, default)

    def count(self, name: str) -> int:
        """A whole number; 0 when it is not written."""
        text = self.text(name)
        if text and not text.isdecimal():
            self.refuse(name, f'expected a whole number, found "{text}".')
        return int(text) if text.isdecimal() else 0

    def duration(self, name: str, default: timedelta) -> timedelta:
        """A number of seconds, or a duration such as `15 minutes`."""
        text = self.text(name)
        found = timedelta(seconds=int(text)) if text.isdecimal() else parse_duration(text) if text else default
        if found is None:
            self.refuse(name, f'expected a number of seconds, found "{text}".', "A duration such as 15 minutes will do as well.")
        return default if found is None else found

    def moment(self, name: str) -> datetime | None:
        """A date, or a date and time without zone."""
        text = self.text(name)
        try:
            found = datetime.fromisoformat(text) if text else None
        except ValueError:
            found = None
        if text and (found is None or found.tzinfo is not None):
            self.refuse(name, f'expected a date, found "{text}".', "Such as 2026-01-01; it is in the time zone of the schedule.")
            return None
        return found

    def zone(self, name: str) -> str | None:
        """The name of a time zone."""
        text = self.text(name)
        return check_timezone(text, self.source, self.findings, name) if text else None

    def cron(self, name: str) -> str | None:
        """A preset or a cron."""
        text = self.text(name)
        return None if text.lower() == "none" else read_schedule(text, self.presets, self.source, self.findings, name)

    def refuse(self, name: str, fact: str, hint: str = "") -> None:
        """SL219 at the value of an option."""
        self.findings.error("SL219", self.source.place(name), self.source.subject(name), fact, hint)

    def warn(self, name: str, fact: str, hint: str = "") -> None:
        """SL219 for an option that does nothing as things are."""
        self.findings.warning("SL219", self.source.place(name), self.source.subject(name), fact, hint)


def read_triggering(options: Options) -> Triggering:
    """The options on what a task's upstreams start."""
    cycle = options.cron("data_cycle")
    enabled = options.flag("data_cycle_enabled")
    if enabled and not cycle:
        hint = "Write data_cycle: a preset such as daily, or a cron."
        options.warn("data_cycle_enabled", "has no effect, because there is no data_cycle.", hint)
    if cycle and not enabled:
        options.warn("data_cycle", "has no effect without data_cycle_enabled: true.")
    optional = options.flag("optional_dataset_enabled")
    if optional and not (cycle and enabled):
        options.warn("optional_dataset_enabled", "has no effect without a data_cycle that is enabled.")
    return Triggering(
        rule=read_rule(options.text("dataset_triggering_strategy"), options.source, options.findings),
        data_cycle=cycle if enabled else None,
        optional=optional,
        beyond=options.flag("beyond_data_cycle_enabled", default=True),
        rest=options.duration("min_timedelta_between_runs", timedelta(0)),
    )


def read_rule(text: str, source: Source, findings: Findings) -> Rule:
    """`dataset_triggering_strategy`: SL219 for what is no rule. Whether a task reads what it names is checked per task."""
    step = "dataset_triggering_strategy"
    try:
        return parse_rule(text) if text.strip() else "any"
    except RuleError as error:
        hint = "Allowed: any, all, or tables combined with & and |, such as sales.orders & (sales.goods | sales.prices)."
        findings.error("SL219", source.place(step), source.subject(step), f'"{text}" is no rule: {error}', hint)
        return "any"
