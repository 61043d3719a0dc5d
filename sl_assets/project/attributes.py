"""Attributes: names, types and the combinations that make no sense."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sl_assets.project.privacy import PrivacyNameError, PrivacyNames, needs_key
from sl_assets.project.records import Attribute, Privacy, Type
from sl_assets.project.types import BUILT_IN_TYPES
from sl_assets.spec.findings import Findings, allowed
from sl_assets.spec.read import Source
from sl_assets.spec.table import AttributeSpec

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,767}")


@dataclass(frozen=True)
class AttributeReader:
    """Reads attributes, nested ones too, with the types and names of privacy of one project; `has_key`: for keyed hashes."""

    types: Mapping[str, Type]
    findings: Findings
    privacies: PrivacyNames = field(default_factory=PrivacyNames)
    has_key: bool = True

    def read_all(self, specs: Iterable[AttributeSpec], source: Source) -> tuple[Attribute, ...]:
        """The attributes of a table, a task or a struct; `source` is that of the list."""
        attributes = [self._read(spec, source.below(index)) for index, spec in enumerate(specs)]
        first: dict[str, Attribute] = {}
        for index, attribute in enumerate(attributes):
            other = first.setdefault(attribute.name.casefold(), attribute)
            if other is not attribute:
                fact = f'"{attribute.name}" is already the name of the attribute in line {other.place.line}.'
                self.findings.error("SL217", source.place(index), source.subject(index), fact, "Letter case does not count.")
        return tuple(attributes)

    def _read(self, spec: AttributeSpec, source: Source) -> Attribute:
        self._check(spec, source)
        return Attribute(
            source=spec.name,
            name=spec.rename or spec.name,
            type=self._type(spec, source),
            array=spec.array,
            required=spec.required,
            trim=spec.trim,
            default=spec.default,
            comment=spec.comment,
            ignore=spec.ignore,
            script=spec.script,
            privacy=self._privacy(spec, source),
            attributes=self.read_all(spec.attributes, source.below("attributes")) if spec.attributes else (),
            position=(spec.position.first, spec.position.last) if spec.position else None,
            foreign_key=spec.foreign_key,
            tags=spec.tags,
            place=source.place(),
        )

    def _type(self, spec: AttributeSpec, source: Source) -> Type:
        found = self.types.get(spec.type)
        if found is None:
            fact = f'"{spec.type}" is an unknown type.'
            self.findings.error("SL204", source.place("type"), source.subject("type"), fact, allowed(self.types, spec.type))
        return found or BUILT_IN_TYPES["string"]

    def _privacy(self, spec: AttributeSpec, source: Source) -> Privacy | None:
        try:
            privacy = self.privacies.read(spec.privacy)
        except PrivacyNameError as error:
            self.findings.error("SL108", source.place("privacy"), source.subject("privacy"), error.fact, error.hint)
            return None
        if needs_key(privacy) and not self.has_key:
            hint = "Set the environment variable SL_PRIVACY_KEY, or privacy.key of application.sl.yml to {{NAME}} of another one."
            fact = f"{privacy} needs a key, and there is none."
            self.findings.error("SL251", source.place("privacy"), source.subject("privacy"), fact, hint)
        return privacy

    def _check(self, spec: AttributeSpec, source: Source) -> None:
        is_struct = spec.type in self.types and self.types[spec.type].primitive == "struct"
        if spec.rename is not None and not _NAME.fullmatch(spec.rename):
            self._name_fault(spec.rename, source)
        if is_struct and not spec.attributes:
            self._wrong(source, "type", "a struct has no attributes.", 'List its fields under "attributes".')
        if spec.attributes and not is_struct and spec.type in self.types:
            self._wrong(source, "attributes", f'only a struct has attributes, this is "{spec.type}".', "Write type: struct.")
        if spec.default is not None and (spec.required or spec.array or is_struct):
            other = "required" if spec.required else "array" if spec.array else "type struct"
            self._wrong(source, "default", f"a default cannot be combined with {other}.", "")
        if spec.position is not None and not 0 <= spec.position.first <= spec.position.last:
            self._wrong(source, "position", "first must be 0 or more and not after last.", "")

    def _name_fault(self, name: str, source: Source) -> None:
        hint = "Write letters, digits and underscores, no digit first."
        self.findings.error("SL208", source.place("rename"), source.subject("rename"), f'"{name}" is not a column name.', hint)

    def _wrong(self, source: Source, key: str, fact: str, hint: str) -> None:
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
