"""Starlake's `retries` and `retry_delay` as a Dagster policy."""

import dagster as dg

from sl_assets.project.orchestration import Orchestration


def retry_policy(options: Orchestration) -> dg.RetryPolicy | None:
    """None when the project asks for no retries. A faulty file is never retried: the same bytes fail the same way."""
    if not options.retries:
        return None
    return dg.RetryPolicy(max_retries=options.retries, delay=options.retry_delay.total_seconds())
