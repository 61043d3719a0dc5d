"""A table that has YAML already: fields that the files have and it lacks are added, types that refuse values are told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from sl_assets.formats.guess import Field, guess_shape, plain_files
from sl_assets.project.records import Project, Table, Type
from sl_assets.spec.amend import AmendError, append_attributes, change_type, data_of
from sl_assets.spec.document import Data, Route
from sl_assets.spec.written import WrittenAttribute
from sl_assets.steps.infer.changes import Changes, text_of, types_change
from sl_assets.steps.infer.decide import decide
from sl_assets.steps.infer.look import Steps, leaves_of
from sl_assets.steps.infer.propose import Proposal, Request, database, looker_of, remarks_on, told
from sl_assets.steps.infer.trial import Verdict, trial, verdict


@dataclass(frozen=True)
class _Written:
    """A table's file: its text, where the table is in it, and what its attributes say."""

    file: Path
    text: str
    route: Route
    attributes: Sequence[Mapping[str, Data]]


@dataclass(frozen=True)
class _Plan:
    """Attributes to add, by the list they belong to, and attributes whose type is to be changed, with the refused values."""

    added: tuple[tuple[Route, tuple[WrittenAttribute, ...]], ...]
    changed: tuple[tuple[Route, WrittenAttribute, int], ...]


def amend(request: Request, project: Project, table: Table, *, force: bool = False) -> Proposal:
    """The YAML of a table with the attributes that its files have and it lacks.

    Nothing is removed and no type is changed, unless `force`: then a type that refuses values becomes one that accepts all.

    Raises:
        InferError: The files cannot be read as the table's format.
        AmendError: The table's file cannot be amended.
    """
    files = [str(file) for file in request.files]
    with told(request), database(project) as connection:
        plain = plain_files(files, connection, table.format)
        looker = looker_of(plain.paths, connection, project)
        fields = guess_shape(plain, table.format, connection)
        look = looker.look(replace(table.format, encoding="UTF-8"), fields)  # as the copies are
        before = verdict(table, files, connection, looker.timezone)
        written = _read(table)
        as_text: frozenset[Steps] = frozenset()
        while True:  # each round adds to `as_text`
            proposed = decide(fields, look, table.format.null_value, as_text=as_text)
            refusing = tuple(_refusing(written.attributes, proposed.attributes, before.faults))
            plan = _Plan(tuple(_missing(written.attributes, proposed.attributes, ())), refusing if force else ())
            changes = _changes(project, written, plan, proposed.new_types)
            with trial(project, changes) as tried:
                if tried.errors or table.key not in tried.tables:
                    return Proposal(table.key, changes, before, problems=tried.errors)
                found = verdict(tried.tables[table.key], files, connection, looker.timezone)
            faulty = _faulty(fields, found, before) - as_text
            if not faulty:
                told_types = () if force else tuple(_told(table, refusing))
                return Proposal(table.key, changes, found, (*told_types, *remarks_on(found)))
            as_text |= faulty


def _read(table: Table) -> _Written:
    text = text_of(table.place.file)
    data = data_of(text, table.place.file)
    for route, spec in _tables(data):
        if spec.get("name") == table.source:
            attributes = cast("list[dict[str, Data]]", spec.get("attributes") or [])
            return _Written(table.place.file, text, (*route, "attributes"), attributes)
    raise AmendError(f"{table.place.file}  cannot be amended: it has no table {table.source}.")


def _tables(data: Data) -> Iterator[tuple[Route, dict[str, Data]]]:
    """The tables of a file: its own, or those listed in a domain's `_config.sl.yml`."""
    top = cast("dict[str, dict[str, Data]]", data if isinstance(data, dict) else {})
    if "table" in top:
        yield ("table",), top["table"]
    for number, spec in enumerate(cast("list[dict[str, Data]]", top.get("load", {}).get("tables") or [])):
        yield ("load", "tables", number), spec


def _missing(
    written: Sequence[Mapping[str, Data]], proposed: Sequence[WrittenAttribute], route: Route
) -> Iterator[tuple[Route, tuple[WrittenAttribute, ...]]]:
    """What is to be added, list by list; `route` is relative to the table's attributes."""
    known = _by_name(written)
    new = tuple(each for each in proposed if each.name.strip().casefold() not in known)
    if new:
        yield route, _apart(new, written)
    for each in proposed:
        number = known.get(each.name.strip().casefold())
        if number is not None and each.attributes:
            below = cast("list[dict[str, Data]]", written[number].get("attributes") or [])
            if below:
                yield from _missing(below, each.attributes, (*route, number, "attributes"))


def _by_name(written: Sequence[Mapping[str, Data]]) -> dict[str, int]:
    return {str(each.get("name")).strip().casefold(): number for number, each in enumerate(written)}


def _apart(new: Sequence[WrittenAttribute], written: Sequence[Mapping[str, Data]]) -> tuple[WrittenAttribute, ...]:
    """The new ones under column names that no other has: a `rename` in the YAML may have taken one."""
    taken = {str(each.get("rename") or each.get("name")).casefold() for each in written}
    found: list[WrittenAttribute] = []
    for each in new:
        column = each.rename or each.name
        names = (column, *(f"{column}_{number}" for number in range(2, len(taken) + 3)))
        free = next(name for name in names if name.casefold() not in taken)
        taken.add(free.casefold())
        found.append(each if free == column else replace(each, rename=free))
    return tuple(found)


def _refusing(
    written: Sequence[Mapping[str, Data]],
    proposed: Sequence[WrittenAttribute],
    faults: Mapping[str, int],
    route: Route = (),
    above: str = "",
) -> Iterator[tuple[Route, WrittenAttribute, int]]:
    """Attributes whose type refuses values of the files, what would accept them all, and how many it refuses."""
    known = _by_name(written)
    for each in proposed:
        number = known.get(each.name.strip().casefold())
        if number is None:
            continue
        path = f"{above}{written[number].get('name')}"
        if each.attributes:
            below = cast("list[dict[str, Data]]", written[number].get("attributes") or [])
            yield from _refusing(below, each.attributes, faults, (*route, number, "attributes"), f"{path}.")
        elif path in faults and str(written[number].get("type") or "string") != each.type:
            yield (*route, number), each, faults[path]


def _changes(project: Project, written: _Written, plan: _Plan, new_types: Sequence[Type]) -> Changes:
    text = written.text
    for route, each, _ in plan.changed:
        text = change_type(text, (*written.route, *route), each.type, written.file)
    for route, new in plan.added:
        text = append_attributes(text, (*written.route, *route), new, written.file)
    if text == written.text:
        return {}
    used = frozenset(_types((*(each for _, new in plan.added for each in new), *(each for _, each, _ in plan.changed))))
    needed = [kind for kind in new_types if kind.name in used]
    return {**types_change(needed, project.metadata), written.file.relative_to(project.metadata): text}


def _types(attributes: Sequence[WrittenAttribute]) -> Iterator[str]:
    for each in attributes:
        yield each.type
        yield from _types(each.attributes)


def _faulty(fields: Sequence[Field], found: Verdict, before: Verdict) -> frozenset[Steps]:
    """Leaves that are refused only since the change."""
    by_path = {".".join(name for name, _ in steps): steps for steps, _ in leaves_of(fields)}
    return frozenset(steps for path, steps in by_path.items() if found.faults.get(path, 0) > before.faults.get(path, 0))


def _told(table: Table, refusing: Sequence[tuple[Route, WrittenAttribute, int]]) -> Iterator[str]:
    for _, each, count in refusing:
        kind = next((one.type.name for one in table.attributes if one.source == each.name), "its type")
        records = "record" if count == 1 else "records"
        yield f"{each.name}: {kind} refuses the value of {count} {records}, {each.type} accepts all. --force changes it."
