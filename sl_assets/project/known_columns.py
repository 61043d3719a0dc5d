"""What is known of the columns of each table that a task may read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sl_assets.project.columns import column_type
from sl_assets.project.names import Names
from sl_assets.project.records import Attribute, Table, TableKey, Task
from sl_assets.project.strategies import history_columns
from sl_assets.sql.columns import Known, Named, Origin, Schema, Value


@dataclass
class KnownColumns:
    """Tables with their attributes, declared externals with theirs, and tasks once their own columns are worked out."""

    tables: Mapping[TableKey, Table]
    externals: Mapping[TableKey, tuple[Attribute, ...]]
    names: Names
    _known: dict[TableKey, Known] = field(default_factory=dict[TableKey, Known])

    def schema(self, task: Task) -> Schema:
        """What the names in a task's SQL mean."""

        def look_up(parts: tuple[str, ...]) -> Known | None:
            meaning = self.names.meaning(parts, task.key)
            if meaning.kind in ("system", "foreign") or meaning.key is None:
                return None
            if meaning.key == task.key:  # as it was before: nobody knows which columns it had then
                return Known(*task.key, open=True, sure=False)
            return self.known(meaning.key)

        return look_up

    def known(self, key: TableKey) -> Known:
        """What is known of a table; of a task that was not added yet nothing is."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._described(key)
        return found

    def add(self, task: Task, columns: Iterable[Named], *, complete: bool) -> None:
        """Take in the columns of a task; those that only its attributes tell are added where it is not complete."""
        declared = {attribute.name.casefold(): attribute for attribute in task.attributes}
        found = {
            name.casefold(): Named(name, _told(value, declared.get(name.casefold()), Origin(*task.key, name)))
            for name, value in columns
        }
        if not complete:
            found = {**_columns(task.key, task.attributes), **found}
        found |= _columns(task.key, history_columns(task.strategy))
        sure = not (task.presql or task.postsql or task.strategy.templates)
        self._known[task.key] = Known(*task.key, tuple(found.values()), open=not complete, sure=sure)

    def renamed(self, table: str, name: str) -> str | None:
        """The final name of a column that is called `name` in the files of a loaded table (`domain.table`); None: no such one."""
        found = self.tables.get(TableKey(*table.split(".", 1))) if "." in table else None
        columns = found.columns if found else ()
        return next((each.name for each in columns if each.source.casefold() == name.casefold() != each.name.casefold()), None)

    def _described(self, key: TableKey) -> Known:
        if (table := self.tables.get(key)) is not None:
            columns = _columns(key, (*table.columns, *history_columns(table.strategy)))
            sure = not (table.presql or table.postsql or table.strategy.templates)
            return Known(*key, tuple(columns.values()) or None, sure=sure)
        attributes = self.externals.get(key, ())
        columns = _columns(key, (each for each in attributes if not each.ignore))
        return Known(*key, tuple(columns.values()) or None, sure=False)


def _columns(key: TableKey, attributes: Iterable[Attribute]) -> dict[str, Named]:
    return {each.name.casefold(): Named(each.name, _value(each, Origin(*key, each.name))) for each in attributes}


def _value(attribute: Attribute, origin: Origin) -> Value:
    inner = [each for each in attribute.attributes if not each.ignore]
    fields = {each.name.casefold(): Named(each.name, _value(each, _below(origin, each.name))) for each in inner}
    return Value(frozenset({origin}), column_type(attribute), fields or None)


def _below(origin: Origin, name: str) -> Origin:
    return origin._replace(path=f"{origin.path}.{name}" if origin.path else name)


def _told(value: Value, attribute: Attribute | None, origin: Origin) -> Value:
    """A column of a task as those that read it see it: its own, with the type that its attribute tells."""
    if attribute is not None and (attribute.attributes or not value.type):
        return _value(attribute, origin)
    fields = value.fields and {
        folded: Named(name, _told(inner, None, _below(origin, name))) for folded, (name, inner) in value.fields.items()
    }
    return Value(frozenset({origin}), value.type, fields)
