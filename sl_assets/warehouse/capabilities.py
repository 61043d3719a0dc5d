"""What an engine can do, asked before anything runs."""

from dataclasses import dataclass

from sl_assets.project.records import StrategyName


@dataclass(frozen=True)
class Capabilities:
    """`strategies` it writes with; `single_writer`: one process at a time, so one lock and the in-process executor."""

    engine: str
    strategies: frozenset[StrategyName]
    single_writer: bool
    transactional_ddl: bool
