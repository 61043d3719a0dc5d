"""Imported by Python itself at the start of a child process: watches for one point of the code, changes nothing in it."""

from sl_assets_tests.crash.watching import watch_for_point

watch_for_point()
