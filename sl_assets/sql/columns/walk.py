"""What is kept while a query is read: what is known of tables, and what was found."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlglot import exp

from sl_assets.sql.columns.records import Fault, Gap, Origin, Relation, Schema, Value
from sl_assets.sql.columns.scope import PSEUDO, Scope, both, field_of
from sl_assets.sql.columns.tree import name_parts


@dataclass
class Walk:
    """One reading of one query. `read` reads a query within it: (walk, query, scope around it) -> its columns."""

    schema: Schema
    dialect: str
    text: str
    read: "Callable[[Walk, exp.Expr, Scope], Relation]"
    gaps: dict[Gap, None] = field(default_factory=dict[Gap, None])
    faults: dict[Fault, None] = field(default_factory=dict[Fault, None])
    several: exp.Columns | None = None
    """The COLUMNS(...) that the expression just read has in it: it stands for several columns."""
    chosen: Value | None = None
    """What COLUMNS(...) is taken for, while one of its columns is read."""
    seen: set[Origin] | None = None
    """Takes every column that is named anywhere, while EXISTS is read."""
    _muted: int = 0

    @contextmanager
    def muted(self) -> Generator[None]:
        """While something is read a second time: nothing that is wrong with it is told again."""
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1

    def gap(self, reason: str, node: exp.Expr | None = None) -> None:
        """Note what cannot be worked out."""
        line, column = position(node) if node is not None else (0, 0)
        self.gaps.setdefault(Gap(reason, line, column))

    def fault(self, fault: Fault) -> None:
        """Note what is wrong."""
        if not self._muted:
            self.faults.setdefault(fault)

    def column(self, node: exp.Column, scope: Scope, *, lenient: bool = False) -> Value:
        """What a column's name means; `lenient`: nothing is told, because it may be no column at all."""
        parts = tuple(str(part.name) for part in name_parts(node))
        found = self._by_name(parts[0], node, scope) if len(parts) == 1 else self._qualified(parts, node, scope)
        if found is None and not lenient:
            found = self._unknown(parts, node, scope)
        found = found or Value()
        if self.seen is not None:
            self.seen.update(found.origins)
        return found

    def _qualified(self, parts: tuple[str, ...], node: exp.Column, around: Scope) -> Value | None:
        """`table.column`, `domain.table.column`, `column.field`, and fields of those; None: it is none of them."""
        for scope in around.chain():
            if scope.local is not None and parts[0].casefold() in scope.local:
                return Value(scope.local[parts[0].casefold()].origins)
            for length in range(len(parts) - 1, 0, -1):
                relation = scope.relation(parts[:length])
                if relation is None:
                    continue
                value = relation.find(parts[length])
                if value is not None:
                    return self._field(value, node, length + 1, sure=relation.sure)
                if parts[length].casefold() in PSEUDO and relation.key:
                    return Value()
                if relation.open:
                    return Value(relation.guess(parts[length]).origins)
            found = scope.using.get(parts[0].casefold()) or next((value for _, value in scope.candidates(parts[0])), None)
            if found is not None:
                return self._field(found, node, 1, sure=scope.is_sure)
        return None

    def _field(self, value: Value, node: exp.Column, first: int, *, sure: bool) -> Value:
        """A field of a struct: the parts of a name from `first` on."""
        for part in name_parts(node)[first:]:
            found = field_of(value, (part.name,))
            if found is None:
                line, column = position(part)
                known = tuple(each.name for each in (value.fields or {}).values())
                within = ".".join(str(each.name) for each in name_parts(node)[:first])
                self.fault(Fault("field", part.name, line, column, known, within, sure=sure))
                return Value(value.origins)
            value = found
        return value

    def _by_name(self, name: str, node: exp.Column, around: Scope) -> Value | None:
        folded = name.casefold()
        for scope in around.chain():
            if scope.local is not None and folded in scope.local:
                return scope.local[folded]
            if folded in scope.using:
                return scope.using[folded]
            found = scope.candidates(name)
            if len(found) > 1:
                self._ambiguous(node, tuple(relation for relation, _ in found))
            if found:
                value = found[0][1]
                for _, other in found[1:]:
                    value = both(value, other)
                return value
            if folded in scope.aliases:
                return scope.aliases[folded]
            if (relation := scope.relation((name,))) is not None:
                return relation.whole if relation.columns or not relation.open else relation.guess(name)
        return self._guess(name, node, around)

    def _guess(self, name: str, node: exp.Column, around: Scope) -> Value | None:
        """Of the innermost scope that has something open: the one relation that may have the column."""
        if name.casefold() in PSEUDO:
            return Value()
        for scope in around.chain():
            opened = [relation for relation in scope.relations if relation.open]
            if len(opened) == 1:
                return opened[0].guess(name)
            if opened:
                tables = " or ".join(relation.name or "a subquery" for relation in opened)
                self.gap(f"{name} may be a column of {tables}, of which not all columns are known", node)
                return Value()
        return None

    def _ambiguous(self, node: exp.Column, found: tuple[Relation, ...]) -> None:
        if len({relation.name.casefold() for relation in found}) == len(found):
            line, column = position(node.this)
            known = tuple(f"{relation.name}.{node.name}" for relation in found)
            sure = len([relation for relation in found if relation.sure]) > 1
            self.fault(Fault("ambiguous", node.name, line, column, known, sure=sure))

    def _unknown(self, parts: tuple[str, ...], node: exp.Column, scope: Scope) -> Value | None:
        for each in scope.chain():
            for length in range(len(parts) - 1, 0, -1):
                if (relation := each.relation(parts[:length])) is None:
                    continue
                line, column = position(name_parts(node)[length])
                known = tuple(name for name, _ in relation.columns)
                within = ".".join(relation.key) if relation.key else relation.name
                self.fault(Fault("column", parts[length], line, column, known, within, sure=relation.sure))
                return None
        if len(parts) > 1 and scope.is_open:
            self.gap(f"what {'.'.join(parts)} is cannot be told, because not all columns are known", node)
        elif len(parts) > 1:
            line, column = position(name_parts(node)[0])
            known = tuple(each.name for one in scope.chain() for each in one.relations if each.name)
            self.fault(Fault("table", parts[0], line, column, known, sure=scope.is_sure))
        else:
            line, column = position(node.this)
            self.fault(Fault("column", node.name, line, column, scope.names(), sure=scope.is_sure))
        return None


def position(node: exp.Expr) -> tuple[int, int]:
    """Line and column, from 1, at which a name begins; 0 when it is not known."""
    for each in (node, *node.find_all(exp.Identifier)):
        meta = each.meta
        if "line" in meta:
            width = int(meta.get("end") or 0) - int(meta.get("start") or 0)
            return int(meta["line"]), max(int(meta.get("col") or 0) - width, 1)
    return 0, 0
