"""What can go wrong between us and a warehouse, told in whole sentences."""

from sl_assets.spec.place import Place

_PLAN = "\n\nResolved plan until failure:"
"""What begins Polars' own view of a query, behind the fact."""


def unwritten(error: object) -> str:
    """What went wrong, and that nothing was written: on a line of its own behind a text of several lines."""
    text = str(error).partition(_PLAN)[0].rstrip()
    return f"{text}\n\nNothing was written." if "\n" in text else f"{text} Nothing was written."


class WarehouseError(Exception):
    """The base: a stranger can act on its text."""


class WarehouseBusyError(WarehouseError):
    """A process that is not one of ours has the database open; trying again later helps."""


class SchemaDriftError(WarehouseError):
    """The table in the warehouse and the project disagree in a way that only a person can settle."""


class StatementError(WarehouseError):
    """SQL of the project's own (presql, postsql, a write strategy) failed; the text has its place and what was sent."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(f"{place}  {message}")
        self.place = place


class WindowError(WarehouseError):
    """A partitioned task returned rows outside the window it was asked for; nothing was written."""


class LedgerVersionError(WarehouseError):
    """The ledger was written by a later version, which may keep in it what this one does not know."""
