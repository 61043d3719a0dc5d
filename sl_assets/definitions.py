"""What `workspace.yaml` loads: the project in `SL_ROOT`, by default the working directory."""

from sl_assets.orchestration.definitions import build_definitions

defs = build_definitions()
