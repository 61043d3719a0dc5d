"""Jinja in SQL, when it is run (with real values) and when only its dependencies are asked for (with neutral ones)."""

from collections.abc import Mapping
from pathlib import Path

from sl_assets.spec.findings import Findings
from sl_assets.spec.template import Rendered, render_text

WINDOW_VARIABLES = (
    "sl_start_date",
    "sl_end_date",
    "sl_data_interval_start",
    "sl_data_interval_end",
    "sl_scheduled_date",
)
"""What an orchestrator fills in for each run."""

NEUTRAL_WINDOW: Mapping[str, str] = dict.fromkeys(WINDOW_VARIABLES, "1970-01-01 00:00:00")


def render_sql(text: str, variables: Mapping[str, str], macros: Mapping[str, object], file: Path, findings: Findings) -> Rendered:
    """Render the templates of a SQL text; see `render_text` for what happens to unknown names."""
    return render_text(text, variables, file, findings, macros=macros, comment="--")
