"""Attributes: names, types and the combinations that make no sense."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sl_assets.project.privacy import PrivacyNameError, PrivacyNames, needs_key
from sl_assets.project.records import Attribute, Privacy, Type
from sl_assets.project.types import BUILT_IN_TYPES
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.place import Place
from sl_assets.spec.read import Source
from sl_assets.spec.table import AttributeSpec

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,767}")


class _Item(NamedTuple):
    """One of a list of attributes; there may be tens of thousands, of which hardly one has anything to be told."""

    above: Source
    number: int
    place: Place

    @property
    def source(self) -> Source:
        return self.above.below(self.number)


@dataclass(frozen=True)
class AttributeReader:
    """Reads attributes, nested ones too, with the types and names of privacy of one project; `has_key`: for keyed hashes."""

    types: Mapping[str, Type]
    findings: Findings
    privacies: PrivacyNames = field(default_factory=PrivacyNames)
    has_key: bool = True

    def read_all(self, specs: Iterable[AttributeSpec], source: Source) -> tuple[Attribute, ...]:
        """The attributes of a table, a task or a struct; `source` is that of the list."""
        specs, places = list(specs), source.places()
        if len(places) != len(specs):
            places = [source.place(index) for index in range(len(specs))]
        attributes = [self._read(spec, _Item(source, index, places[index])) for index, spec in enumerate(specs)]
        first: dict[str, Attribute] = {}
        for index, attribute in enumerate(attributes):
            other = first.setdefault(attribute.name.casefold(), attribute)
            if other is not attribute:
                fact = f'"{attribute.name}" is already the name of the attribute in line {other.place.line}.'
                self.findings.error("SL217", source.place(index), source.subject(index), fact, "Letter case does not count.")
        return tuple(attributes)

    def _read(self, spec: AttributeSpec, item: _Item) -> Attribute:
        self._check(spec, item)
        return Attribute(
            source=spec.name,
            name=spec.rename or spec.name,
            type=self._type(spec, item),
            array=spec.array,
            required=spec.required,
            trim=spec.trim,
            default=spec.default,
            comment=spec.comment,
            ignore=spec.ignore,
            script=spec.script,
            privacy=self._privacy(spec, item),
            attributes=self.read_all(spec.attributes, item.source.below("attributes")) if spec.attributes else (),
            position=(spec.position.first, spec.position.last) if spec.position else None,
            foreign_key=spec.foreign_key,
            tags=spec.tags,
            place=item.place,
        )

    def _type(self, spec: AttributeSpec, item: _Item) -> Type:
        found = self.types.get(spec.type)
        if found is None:
            source = item.source
            fact = f'"{spec.type}" is an unknown type.'
            self.findings.error("SL204", source.place("type"), source.subject("type"), fact, allowed(self.types, spec.type))
        return found or BUILT_IN_TYPES["string"]

    def _privacy(self, spec: AttributeSpec, item: _Item) -> Privacy | None:
        try:
            privacy = self.privacies.read(spec.privacy)
        except PrivacyNameError as error:
            source = item.source
            self.findings.error("SL108", source.place("privacy"), source.subject("privacy"), error.fact, error.hint)
            return None
        if needs_key(privacy) and not self.has_key:
            source = item.source
            hint = "Set the environment variable SL_PRIVACY_KEY, or privacy.key of application.sl.yml to {{NAME}} of another one."
            fact = f"{privacy} needs a key, and there is none."
            self.findings.error("SL251", source.place("privacy"), source.subject("privacy"), fact, hint)
        return privacy

    def _check(self, spec: AttributeSpec, item: _Item) -> None:
        found = self.types.get(spec.type)
        is_struct = found is not None and found.primitive == "struct"
        if spec.rename is not None and not _NAME.fullmatch(spec.rename):
            self._name_fault(spec.rename, item.source)
        if is_struct and not spec.attributes:
            self._wrong(item, "type", "a struct has no attributes.", 'List its fields under "attributes".')
        if spec.attributes and not is_struct and found is not None:
            self._wrong(item, "attributes", f'only a struct has attributes, this is "{spec.type}".', "Write type: struct.")
        if spec.default is not None and (spec.required or spec.array or is_struct):
            other = "required" if spec.required else "array" if spec.array else "type struct"
            self._wrong(item, "default", f"a default cannot be combined with {other}.", "")
        if spec.position is not None and not 0 <= spec.position.first <= spec.position.last:
            self._wrong(item, "position", "first must be 0 or more and not after last.", "")

    def _name_fault(self, name: str, source: Source) -> None:
        hint = "Write letters, digits and underscores, no digit first."
        self.findings.error("SL208", source.place("rename"), source.subject("rename"), f'"{name}" is not a column name.', hint)

    def _wrong(self, item: _Item, key: str, fact: str, hint: str) -> None:
        source = item.source
        self.findings.error("SL218", source.place(key), source.subject(key), fact, hint)


def check_column(name: str, columns: Iterable[Attribute], source: Source, findings: Findings, *steps: str | int) -> str:
    """A column that some key names: its name as the attribute has it; SL212 when there is no such attribute.

    Final names count, letter case does not.
    """
    by_fold = {column.name.casefold(): column for column in columns}
    found = by_fold.get(name.casefold())
    if found is not None:
        return found.name
    renamed = next((column for column in by_fold.values() if column.source.casefold() == name.casefold()), None)
    names = [column.name for column in by_fold.values()]
    hint = f'It is renamed to "{renamed.name}".' if renamed else allowed(names, name)
    findings.error("SL212", source.place(*steps), source.subject(*steps), f'"{name}" is no attribute.', hint)
    return name
