"""What a step is told about the run it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sl_assets.lock import Holder


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


def scheduled_variables(run: Run) -> dict[str, str]:
    """What SQL can name of a run without windows."""
    return {"sl_scheduled_date": run.scheduled.strftime("%Y-%m-%d %H:%M:%S")}
