"""Python's collection of cycles, while much is made that stays.

By default it looks at everything that is young after each 700 new objects, and ever again at everything there is. A project with
thousands of tables is made of millions of objects, of which hardly one is let go: looking for those was a quarter of its start.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock

_NEW_OBJECTS = 200_000
"""Some tens of megabytes: so much may be let go before it is looked for."""


class _Usual:
    """How often it is collected when nobody asks for less; `asking` is how many do, in any thread."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.asking = 0
        self.threshold = gc.get_threshold()


_usual = _Usual()


@contextmanager
def rare_collection() -> Generator[None, None, None]:
    """Collect rarely; not never, for parsed SQL is full of cycles. Afterwards it is as it was before."""
    with _usual.lock:
        if _usual.asking == 0:
            _usual.threshold = young, *older = gc.get_threshold()
            gc.set_threshold(max(_NEW_OBJECTS, young) if young else 0, *older)
        _usual.asking += 1
    try:
        yield
    finally:
        with _usual.lock:
            _usual.asking -= 1
            if _usual.asking == 0:
                gc.set_threshold(*_usual.threshold)
