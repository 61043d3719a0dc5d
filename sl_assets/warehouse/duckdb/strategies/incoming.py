"""New rows on their way into a table, and the pieces of SQL that all strategies are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from sl_assets.sql.text import quote_name, quote_names


@dataclass(frozen=True)
class Incoming:
    """New rows: a relation in SQL with `columns`.

    Attributes:
        relation: A table, or a SELECT in parentheses.
        columns: What is written.
        order: An expression that grows with the order of the input.
        batch: An expression that grows from file to file; None: all rows are from one. Where it is given, the outcome is that of
            one file after the other.
        moment: The time at which the rows are written, as SCD2 keeps it.
    """

    relation: str
    columns: tuple[str, ...]
    order: str
    batch: str | None = None
    moment: str = "now()"

    @property
    def select(self) -> str:
        """The rows with their columns in order."""
        return f"SELECT {quote_names(self.columns)} FROM {self.relation}"

    def best(self, keys: Sequence[str], ranking: Sequence[str]) -> str:
        """The first row of each key by `ranking`, and every row that has NULL in its key."""
        window = f"(PARTITION BY {quote_names(keys)} ORDER BY {', '.join(ranking)})"
        return f"{self.select} QUALIFY row_number() OVER {window} = 1 OR {any_null(keys)}"

    def last_batch(self, columns: Sequence[str]) -> str:
        """Of the rows with the same values in `columns` those that came with the last file."""
        if self.batch is None:
            return self.select
        return f"{self.select} QUALIFY {self.batch} = max({self.batch}) OVER (PARTITION BY {quote_names(columns)})"

    def by_batch(self, direction: str) -> list[str]:
        """The ranking of files, `ASC` or `DESC`; nothing where there is only one."""
        return [] if self.batch is None else [f"{self.batch} {direction}"]


def newest_first(timestamp: str) -> str:
    """A ranking by timestamp in which NULL is older than everything."""
    return f"{quote_name(timestamp)} DESC NULLS LAST"


def any_null(keys: Sequence[str]) -> str:
    """Whether a row has NULL in its key."""
    return "(" + " OR ".join(f"{quote_name(key)} IS NULL" for key in keys) + ")"


def same(columns: Sequence[str], operator: str = "=") -> str:
    """Whether `target` and `source` agree in all columns."""
    return " AND ".join(f"target.{quote_name(each)} {operator} source.{quote_name(each)}" for each in columns)


def newer(timestamp: str) -> str:
    """Whether `source` is newer than `target`; equal is not newer, and NULL is older than everything."""
    name = quote_name(timestamp)
    return f"(source.{name} > target.{name} OR (target.{name} IS NULL AND source.{name} IS NOT NULL))"
