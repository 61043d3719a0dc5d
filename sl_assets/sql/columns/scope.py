"""What a name means at one place of a query."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sl_assets.sql.columns.records import Named, Relation, Value, merged

PSEUDO = frozenset(
    {
        "rowid",
        "user",
        "current_user",
        "session_user",
        "current_role",
        "current_catalog",
        "current_database",
        "current_schema",
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
    }
)
"""Names that DuckDB knows without any table."""

_DOMAIN_AND_TABLE = 2


@dataclass
class Scope:
    """One SELECT while it is read.

    `ctes` are the queries that a name in FROM may mean, `relations` what stands in FROM, `hidden` those of them that only a
    condition sees (SEMI and ANTI joins), `using` the columns that joins made one, `aliases` the columns of the result so far,
    `local` the parameters of a lambda or of a list comprehension.
    """

    ctes: Mapping[str, Relation]
    parent: "Scope | None" = None
    relations: list[Relation] = field(default_factory=list[Relation])
    using: dict[str, Value] = field(default_factory=dict[str, Value])
    aliases: dict[str, Value] = field(default_factory=dict[str, Value])
    local: Mapping[str, Value] | None = None
    windows: dict[str, Value] = field(default_factory=dict[str, Value])

    def chain(self) -> Iterator["Scope"]:
        """This scope and those around it, from the inside."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    @property
    def is_open(self) -> bool:
        """Whether a name that is found nowhere may still be a column of something in FROM."""
        return any(relation.open for scope in self.chain() for relation in scope.relations)

    @property
    def is_sure(self) -> bool:
        """Whether all that is in FROM is surely as it is known."""
        return all(relation.sure for scope in self.chain() for relation in scope.relations)

    def window(self, name: str) -> Value:
        """A window that WINDOW gives a name to."""
        return next((scope.windows[name] for scope in self.chain() if name in scope.windows), Value())

    def relation(self, parts: tuple[str, ...]) -> Relation | None:
        """The relation of this scope that is called `parts`: its alias or name, or domain and name, behind any database."""
        folded = tuple(part.casefold() for part in parts)
        for relation in self.relations:
            if folded == (relation.name.casefold(),):
                return relation
            if len(folded) > 1 and any(
                folded[-len(names) :] == tuple(part.casefold() for part in names) and len(folded) >= len(names) > 1
                for names in (relation.parts[-_DOMAIN_AND_TABLE:], relation.key or ())
            ):
                return relation
        return None

    def candidates(self, name: str) -> list[tuple[Relation, Value]]:
        """The columns of that name in this scope, without those that USING made one with an earlier one."""
        folded = name.casefold()
        return [
            (relation, value)
            for relation in self.relations
            if folded not in relation.joined and (value := relation.find(name)) is not None
        ]

    def spelling(self, table: tuple[str, ...], name: str) -> str:
        """What a column of the result is called by `table.name`: as its relation spells it; a field or an alias, as written."""
        for scope in self.chain():
            found = scope.relation(table) if table else next((each for each, _ in scope.candidates(name)), None)
            if found is not None and (named := found.named(name)) is not None:
                return named.name
        return name

    def names(self) -> tuple[str, ...]:
        """Every column that could be meant, for a hint."""
        return tuple(dict.fromkeys(name for scope in self.chain() for each in scope.relations for name, _ in each.columns))

    def star(self) -> list[Named]:
        """What `*` stands for: a column that USING made one stands where it first is."""
        found: list[Named] = []
        for relation in self.relations:
            for name, value in relation.columns:
                folded = name.casefold()
                if folded not in relation.joined:
                    found.append(Named(name, self.using.get(folded, value)))
        return found


def field_of(value: Value, names: tuple[str, ...]) -> Value | None:
    """A field in a struct, at any depth; None when the struct is known and has none of that name."""
    for name in names:
        if value.fields is None:
            return Value(value.origins)  # of a struct nobody knows the fields of, or of JSON
        inner = value.fields.get(name.casefold())
        if inner is None:
            return None
        value = inner.value
    return value


def both(first: Value, second: Value) -> Value:
    """A value that is one or the other."""
    same = first.type == second.type
    return Value(merged((first, second)), first.type if same else "", first.fields if same else None)
