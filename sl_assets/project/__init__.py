"""One frozen, resolved project out of many files."""

from sl_assets.project.compile import compile_expectation, compile_task
from sl_assets.project.load import load_project

__all__ = ["compile_expectation", "compile_task", "load_project"]
