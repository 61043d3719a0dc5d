"""What bringing a table in line with the project did to its columns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnTypes:
    """A column with two types: what it was and what it is, or what the warehouse has and what the project says."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class SchemaChanges:
    """What was done to a table that was there: columns added, columns widened; `dropped` only where the project asks for it.

    `kept` are those that the warehouse has wider than the project says (`after`): they were left as they are, for every value
    fits into them.
    """

    added: tuple[str, ...] = ()
    widened: tuple[ColumnTypes, ...] = ()
    kept: tuple[ColumnTypes, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was done, for whoever watches."""
        added = tuple(f"Column {name} was added." for name in self.added)
        added += tuple(f"Column {name} was dropped." for name in self.dropped)
        return (*added, *(f"Column {each.name} was widened from {each.before} to {each.after}." for each in self.widened))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Where the warehouse says something else than the project, and holds it all the same."""
        return tuple(
            f"Column {each.name} stays {each.before}, which holds every {each.after} of the project." for each in self.kept
        )

    def __add__(self, later: "SchemaChanges") -> "SchemaChanges":
        kept = tuple(dict.fromkeys((*self.kept, *later.kept)))
        return SchemaChanges(self.added + later.added, self.widened + later.widened, kept, self.dropped + later.dropped)
