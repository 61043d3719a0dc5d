"""What can go wrong between us and a warehouse, told in whole sentences."""


class WarehouseError(Exception):
    """The base: a stranger can act on its text."""


class WarehouseBusyError(WarehouseError):
    """A process that is not one of ours has the database open; trying again later helps."""


class SchemaDriftError(WarehouseError):
    """The table in the warehouse and the project disagree in a way that only a person can settle."""


class WindowError(WarehouseError):
    """A partitioned task returned rows outside the window it was asked for; nothing was written."""
