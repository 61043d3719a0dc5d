"""The third thing a step can do, for which Dagster has no public word: succeed without a materialization event.

Dagster lets a step materialize, or skip together with everything below it. A load that finds nothing new does neither: it
looked, the data is as it was, and its downstream may run. The metadata key used here is the one Dagster's own observable
source assets use; it is private, so it is imported in this one place, and a test fails the day its meaning changes.
"""

from typing import Any

import dagster as dg
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION


def done_without_materialization(output_name: str) -> dg.Output[Any]:
    """An output that lets downstream steps run and records no materialization."""
    return dg.Output(None, output_name=output_name, metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True})
