"""Errors of the formats: about the configuration, never about a record (those are data)."""


class FormatError(ValueError):
    """A table's `metadata` asks for something no reader can do, e.g. an encoding DuckDB does not know."""
