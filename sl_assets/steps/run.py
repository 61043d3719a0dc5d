"""What a step is told about the run it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sl_assets.lock import Holder
from sl_assets.project.cron_grid import tick_at_or_before
from sl_assets.project.records import Project, Table, Task
from sl_assets.project.windows import Window, window_variables

_MOMENT = "%Y-%m-%d %H:%M:%S"


def _silent(_message: str) -> None:
    return


@dataclass(frozen=True)
class Run:
    """One run: `id` goes into ledger and audit, `scheduled` (aware) is the time it stands for.

    `say` takes a line of progress, `warn` one that somebody who watches should see. Files modified less than `quiet` ago are left
    in landing: a sensor asks for some seconds, a person who starts a run for none.
    """

    id: str
    scheduled: datetime = field(default_factory=lambda: datetime.now(UTC))
    say: Callable[[str], None] = _silent
    warn: Callable[[str], None] = _silent
    quiet: timedelta = timedelta(0)

    def waiting(self, what: str) -> Callable[[Holder | None], None]:
        """A callback that says whom we wait for."""

        def on_wait(holder: Holder | None) -> None:
            self.warn(f"{what} is held by {holder or 'another process'}; waiting.")

        return on_wait


def scheduled_variables(run: Run, project: Project, node: Table | Task | None) -> dict[str, str]:
    """What SQL can name of a run without windows, in the time zone of the session.

    With a cron that is also the window between its last two ticks, unless variables of the project say which one is meant.
    `node` is what runs; None: it has windows of its own.
    """
    at = run.scheduled.astimezone(ZoneInfo(project.settings.timezone))
    found = {"sl_scheduled_date": at.strftime(_MOMENT)}
    if node is not None and node.schedule is not None:
        zone = ZoneInfo(node.orchestration.timezone or project.settings.timezone)
        end = tick_at_or_before(node.schedule, run.scheduled.astimezone(zone))
        start = tick_at_or_before(node.schedule, end - timedelta(microseconds=1))
        window = window_variables([Window("", start, end)], project.settings.timezone)
        found = {name: value for name, value in window.items() if name not in project.environment} | found
    return found
