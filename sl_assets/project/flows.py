"""Column lineage as records: which columns each column of a table or task comes from."""

from dataclasses import dataclass

from sl_assets.sql.columns import Origin


@dataclass(frozen=True)
class ColumnFlow:
    """A column. `origins` are columns of other tables, `attributes` those of the table's files, by the names they have there.

    `type` is DuckDB's, empty where only the database knows it.
    """

    name: str
    origins: tuple[Origin, ...] = ()
    attributes: tuple[str, ...] = ()
    type: str = ""


@dataclass(frozen=True)
class ColumnLineage:
    """The columns of a table or task, in their order.

    `gaps` says what could not be worked out, a sentence each. Where there is any, columns may be missing and origins too: only
    which tables are read is certain then.
    """

    columns: tuple[ColumnFlow, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether it holds to the column; else to the table."""
        return not self.gaps
