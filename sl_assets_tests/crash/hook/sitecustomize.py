"""Imported by Python itself at the start of a child process: watches for one point of the product's code, changes nothing in it.

`SL_POINT` (JSON, see `victims.Point`) is where; there the process kills itself, or tells its parent and waits for its word.
"""

import json
import os
import sys
from functools import partial

from sl_assets_tests.crash.watching import PointWatch, kill_me


def wait_for_word(tell: int, listen: int) -> None:
    os.write(tell, b"here\n")
    os.read(listen, 1)


if "SL_POINT" in os.environ:
    point = json.loads(os.environ["SL_POINT"])
    sys.setprofile(PointWatch(point, kill_me if point["then"] == "kill" else partial(wait_for_word, *point["pipes"])))
