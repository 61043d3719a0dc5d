"""The syntax before `version: 1` -> today's, as steps that a tree in memory or the text of a file can take.

The same rules serve reading (`modernize` on a `Tree`: places stay those that the person wrote) and `sl-assets migrate`, which
changes the text. Starlake's own migrations, key by key, and a few older ones.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from sl_assets.spec.document import Data, Route
from sl_assets.spec.place import Place

_LISTS = frozenset({"types", "refs"})
_SHOWN = 2
"""So many steps of a route are enough to find it."""
_MEANINGLESS = frozenset({"flat", "mode", "schemaRefs", "tableRefs", "type"})
"""Keys that Starlake's engines had stopped to look at before they were taken out."""

_KEYS = ("key", "timestamp", "queryFilter", "on")


class Editor(Protocol):
    """Something that old syntax is taken out of: a `Tree`, or the text of a file."""

    def get(self, route: Route) -> Data:
        """The value at a route; None where there is none."""
        ...

    def place(self, route: Route) -> Place:
        """Where it is written."""
        ...

    def rename(self, route: Route, name: str) -> None:
        """Give a key another name."""
        ...

    def remove(self, route: Route) -> None:
        """Take a key out."""
        ...

    def put(self, route: Route, value: Data, source: Route) -> None:
        """Write a value because of what stands at `source`."""
        ...

    def move(self, route: Route, to: Route) -> None:
        """Take a key with all below it to another place."""
        ...

    def wrap(self, key: str) -> None:
        """Put everything below one key."""
        ...


@dataclass(frozen=True)
class Change:
    """One thing that was changed, and where it stands; `told` says what, such as `merge is metadata.writeStrategy now`.

    `quiet`: it had no meaning any more, so that nothing is read as something else.
    """

    place: Place
    told: str
    quiet: bool = False


def modernize(editor: Editor, root: str, known: Iterable[str]) -> list[Change]:
    """Take the old syntax out of a file that says no version.

    Args:
        editor: The file.
        root: The key that its contents have to be under, such as `table`.
        known: The keys of its contents, by which contents without that key are recognized.

    Returns:
        What was changed, in order; nothing where the file is in today's syntax but for its version.
    """
    rules = _Rules(editor)
    data = editor.get(())
    if not isinstance(data, dict | list) or not data or (isinstance(data, dict) and data.get("version") is not None):
        return []
    for old, new in (("schema", "table"), ("schemas", "tables")) if root == "table" else ():
        rules.rename((), old, new)
    data = editor.get(())
    if _lacks_root(data, root, frozenset(known)):
        rules.changes.append(Change(editor.place(()), f'its contents are under "{root}:" now'))
        editor.wrap(root)
    _BY_ROOT.get(root, _nothing)(rules, (root,))
    return rules.changes


def _lacks_root(data: Data, root: str, known: frozenset[str]) -> bool:
    if isinstance(data, list):
        return root in _LISTS
    if not isinstance(data, dict) or root in data or (root == "table" and "tables" in data):
        return False
    return root == "env" or any(key in known or key in _OLD for key in data)


class _Rules:
    """The editor, and what was done with it."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.changes: list[Change] = []

    def get(self, *route: str | int) -> Data:
        return self.editor.get(route)

    def text(self, *route: str | int) -> str:
        value = self.editor.get(route)
        return value if isinstance(value, str) else ""

    def holds(self, route: Route, key: str) -> bool:
        """Whether the mapping at a route has a key, be it empty."""
        above = self.editor.get(route)
        return isinstance(above, dict) and key in above

    def items(self, *route: str | int) -> list[Route]:
        value = self.editor.get(route)
        return [(*route, index) for index in range(len(value))] if isinstance(value, list) else []

    def note(self, route: Route, new: str, *, quiet: bool = False) -> None:
        names = [step for step in route if isinstance(step, str)]
        told = f"{'.'.join(names[1:][-_SHOWN:] or names)} {f'is {new} now' if new else 'is gone'}"
        self.changes.append(Change(self.editor.place(route), told, quiet))

    def rename(self, route: Route, old: str, new: str) -> None:
        if self.holds(route, old) and not self.holds(route, new):
            self.note((*route, old), new)
            self.editor.rename((*route, old), new)

    def drop(self, route: Route, *keys: str) -> None:
        for key in keys:
            if self.holds(route, key):
                self.note((*route, key), "", quiet=key in _MEANINGLESS)
                self.editor.remove((*route, key))

    def move(self, route: Route, key: str, *to: str) -> None:
        """To another mapping below the same one, unless it is there already."""
        if not self.holds(route, key):
            return
        self.note((*route, key), ".".join(to))
        if self.editor.get((*route, *to)) is not None or not self._can_hold((*route, *to[:-1])):
            self.editor.remove((*route, key))
        else:
            self.editor.move((*route, key), (*route, *to))

    def put(self, route: Route, value: Data, source: Route, new: str) -> None:
        self.note(source, new)
        self.editor.put(route, value, source)

    def _can_hold(self, route: Route) -> bool:
        return isinstance(self.editor.get(route), dict | None)


def _nothing(rules: _Rules, route: Route) -> None:
    """A kind of file whose contents were never written otherwise."""


def _sink(rules: _Rules, above: Route) -> None:
    """`sink` of `metadata` or of a task; `dynamicPartitionOverwrite` is a write strategy beside it."""
    route = (*above, "sink")
    if not isinstance(rules.editor.get(route), dict):
        return
    rules.drop(route, "type")
    partition = rules.get(*route, "partition")
    if isinstance(partition, dict):
        columns = partition.get("attributes")
        if isinstance(columns, list):
            rules.put((*route, "partition"), columns, (*route, "partition", "attributes"), "sink.partition")
        elif partition.keys() <= {"attributes", "sampling"}:
            rules.drop(route, "partition")
    if stamp := rules.text(*route, "timestamp"):
        rules.put((*route, "partition"), [stamp], (*route, "timestamp"), "sink.partition")
        rules.editor.remove((*route, "timestamp"))
    rules.drop(route, "timestamp")
    if rules.holds(route, "dynamicPartitionOverwrite"):
        source = (*route, "dynamicPartitionOverwrite")
        if rules.text(*source).lower() == "true" and not _has_strategy(rules, above):
            rules.put((*above, "writeStrategy", "type"), "OVERWRITE_BY_PARTITION", source, "writeStrategy.type")
            rules.editor.remove(source)
        rules.drop(route, "dynamicPartitionOverwrite")
    if rules.editor.get(route) == {}:
        rules.editor.remove(route)


def _has_strategy(rules: _Rules, above: Route) -> bool:
    return rules.get(*above, "writeStrategy", "type") is not None or rules.get(*above, "writeStrategy", "types") is not None


def _strategy(rules: _Rules, above: Route) -> None:
    """`write`, and the name that UPSERT_BY_KEY had for what is DELETE_THEN_INSERT now."""
    route = (*above, "writeStrategy")
    if rules.text(*route, "type").upper() == "UPSERT_BY_KEY":
        rules.put((*route, "type"), "DELETE_THEN_INSERT", (*route, "type"), "DELETE_THEN_INSERT")
    types = rules.get(*route, "types")
    for name in types if isinstance(types, dict) else ():
        if name.upper() == "UPSERT_BY_KEY":
            rules.rename((*route, "types"), name, "DELETE_THEN_INSERT")
    if rules.holds(above, "write"):
        kind = "OVERWRITE" if rules.text(*above, "write").upper() == "OVERWRITE" else "APPEND"
        if not _has_strategy(rules, above):
            rules.put((*route, "type"), kind, (*above, "write"), "writeStrategy.type")
            rules.editor.remove((*above, "write"))
        rules.drop(above, "write")


def _merge(rules: _Rules, above: Route, holder: Route, wrote: str) -> None:
    """`merge` of a table or task; the write strategy is in `holder`, `wrote` is what `write` said."""
    route = (*above, "merge")
    merge = rules.editor.get(route)
    if not isinstance(merge, dict):
        return
    strategy = (*holder, "writeStrategy")
    if rules.text(*strategy, "type") == "OVERWRITE_BY_PARTITION":
        return  # the two exclude each other: `merge` stays, and is told as an unknown key
    kind = "OVERWRITE" if wrote.upper() == "OVERWRITE" else "APPEND"
    if merge.get("key") is not None:
        kind = "DELETE_THEN_INSERT" if merge.get("timestamp") is None else "UPSERT_BY_KEY_AND_TIMESTAMP"
    rules.note(route, ".".join(str(step) for step in strategy[len(above) :]))
    if rules.get(*strategy, "types") is None:
        rules.editor.put((*strategy, "type"), kind, route)
    for key in _KEYS:
        if merge.get(key) is not None and rules.editor.get((*strategy, key)) is None:
            rules.editor.move((*route, key), (*strategy, key))
    rules.editor.remove(route)


def _metadata(rules: _Rules, route: Route) -> None:
    if not isinstance(rules.editor.get(route), dict):
        return
    _sink(rules, route)
    _strategy(rules, route)
    rules.drop(route, "mode")
    rules.move(route, "partition", "sink", "partition")
    rules.move(route, "clustering", "sink", "clustering")
    _sink(rules, route)
    if rules.text(*route, "format").upper() in ("ARRAY_JSON", "SIMPLE_JSON"):
        new = "JSON" if rules.text(*route, "format").upper() == "ARRAY_JSON" else "JSON_FLAT"
        rules.put((*route, "format"), new, (*route, "format"), new)
        if new == "JSON" and rules.get(*route, "array") is None:
            rules.editor.put((*route, "array"), "true", (*route, "format"))
    xml = rules.get(*route, "xml")
    if isinstance(xml, dict) and not rules.holds(route, "options"):
        rules.rename(route, "xml", "options")
    elif isinstance(xml, dict):
        for name in [each for each in xml if not rules.holds((*route, "options"), each)]:
            rules.editor.move((*route, "xml", name), (*route, "options", name))
    rules.drop(route, "xml")


def _attributes(rules: _Rules, route: Route) -> None:
    for one in rules.items(*route):
        script = rules.text(*one, "script")
        if "comet_input_file_name" in script:
            new = script.replace("comet_input_file_name", "sl_input_file_name")
            rules.put((*one, "script"), new, (*one, "script"), "sl_input_file_name")
        _attributes(rules, (*one, "attributes"))


def _table(rules: _Rules, route: Route) -> None:
    if not isinstance(rules.editor.get(route), dict):
        return
    wrote = rules.text(*route, "metadata", "write")
    _metadata(rules, (*route, "metadata"))
    rules.drop(route, "flat")
    _merge(rules, route, (*route, "metadata"), wrote)
    _attributes(rules, (*route, "attributes"))


def _table_file(rules: _Rules, route: Route) -> None:
    _table(rules, route)
    for one in rules.items("tables"):
        _table(rules, one)


def _domain(rules: _Rules, route: Route) -> None:
    if not isinstance(rules.editor.get(route), dict):
        return
    rules.rename(route, "schemas", "tables")
    rules.drop(route, "schemaRefs", "tableRefs")
    for key in ("directory", "ack", "extensions"):
        rules.move(route, key, "metadata", key)
    _metadata(rules, (*route, "metadata"))
    for one in rules.items(*route, "tables"):
        _table(rules, one)


def _task(rules: _Rules, route: Route) -> None:
    if not isinstance(rules.editor.get(route), dict):
        return
    rules.rename(route, "dataset", "table")
    rules.rename(route, "attributesDesc", "attributes")
    rules.drop(route, "engine", "sqlEngine")
    rules.move(route, "partition", "sink", "partition")
    wrote = rules.text(*route, "write")
    _sink(rules, route)
    _strategy(rules, route)
    _merge(rules, route, route, wrote)


def _transform(rules: _Rules, route: Route) -> None:
    rules.drop(route, "taskRefs", "engine", "format", "coalesce", "udf", "views")
    _task(rules, (*route, "default"))
    for one in rules.items(*route, "tasks"):
        _task(rules, one)


def _extract(rules: _Rules, route: Route) -> None:
    rules.rename(route, "globalJdbcSchema", "default")


_BY_ROOT: Mapping[str, Callable[[_Rules, Route], None]] = MappingProxyType(
    {
        "table": _table_file,
        "load": _domain,
        "task": _task,
        "transform": _transform,
        "extract": _extract,
    }
)
_OLD = frozenset(
    {"attributesDesc", "dataset", "directory", "globalJdbcSchema", "merge", "schemas", "schemaRefs", "tableRefs", "write"}
)
"""Keys that only older files have."""
