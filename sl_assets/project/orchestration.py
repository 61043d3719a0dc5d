"""When and how a table or task runs: Starlake's DAG options as records; `dag_options.py` and `triggers.py` read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sl_assets.spec.place import Place

PreloadStrategy = Literal["none", "imported", "pending", "ack"]


@dataclass(frozen=True)
class Combined:
    """Rules that must hold all together (`&`), or of which one must (`|`)."""

    operator: Literal["&", "|"]
    rules: tuple["Rule", ...]


Rule = str | Combined
"""What `dataset_triggering_strategy` says: `any`, `all`, the name of a table, or these combined."""


@dataclass(frozen=True)
class Triggering:
    """How a task without a cron is run by its upstreams (`project/triggers.py`).

    `data_cycle` is a cron, None where data cycles are not enabled; `rest` is the least time between two runs.
    """

    rule: Rule = "any"
    data_cycle: str | None = None
    optional: bool = False
    beyond: bool = True
    rest: timedelta = timedelta(0)


@dataclass(frozen=True)
class Orchestration:
    """Starlake's DAG options that apply to a table or task (`dags/*.sl.yml`, found through `dagRef`).

    `ack_file` is the path of the ack file before its variables (`project/acknowledgement.py`); a scheduled load is late when the
    file is not there `ack_wait` after the tick. `timezone` and `start` are those of the schedule: None is the project's zone, and
    no start. `dependencies_first`: a scheduled run begins with all that the task reads. `places` says where options are written.
    """

    pre_load_strategy: PreloadStrategy = "none"
    triggering: Triggering = field(default_factory=Triggering)
    retries: int = 0
    retry_delay: timedelta = timedelta(0)
    tags: tuple[str, ...] = ()
    ack_file: str = ""
    ack_wait: timedelta = timedelta(hours=1)
    dependencies_first: bool = False
    timezone: str | None = None
    start: datetime | None = None
    pool: str | None = None
    places: Mapping[str, Place] = field(default_factory=dict[str, Place], compare=False)
