"""From what was seen of the values to attributes: the likeliest type that accepts all of them, and notes where it is a guess."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sl_assets.formats.guess import Field
from sl_assets.project.records import Type
from sl_assets.spec.written import WrittenAttribute
from sl_assets.steps.infer.look import Look, Steps, is_code
from sl_assets.steps.infer.names import column_names
from sl_assets.validation.candidates import FEW, Candidate, swapped
from sl_assets.validation.profile import Leaf, Seen

_KEY = re.compile(r"(?i)(?:.*[_ .-])?(?:id|key|code|uuid|number|no|nr|sku)|[a-z]+(?:Id|ID|Key|Code)")
_KINDS: Mapping[str, str] = {
    "empty": "no file has a value here, so its type is not known",
    "scalar": "values of several kinds, kept as text",
}


@dataclass(frozen=True)
class Decided:
    """The attributes of a table, and the types that the project lacks for them."""

    attributes: tuple[WrittenAttribute, ...]
    new_types: tuple[Type, ...]


def decide(
    fields: Sequence[Field], look: Look, null: str | None, *, required: bool = False, as_text: frozenset[Steps] = frozenset()
) -> Decided:
    """Choose the types.

    Args:
        fields: What the files hold.
        look: What was seen of their values.
        null: The text that stands for NULL (`null_value_of`).
        required: Mark fields that are filled in every record as required.
        as_text: Leaves that have to stay as they are written.
    """
    decider = _Decider(look, null, as_text, required)
    attributes = decider.attributes(fields, ())
    chosen = [each for leaf, _ in look.leaves.values() if leaf.steps not in as_text if (each := decider.choose(leaf.steps))]
    new = dict.fromkeys(each.type for each in chosen if each.new)
    return Decided(attributes, tuple(new))


def key_candidates(fields: Sequence[Field], look: Look) -> tuple[str, ...]:
    """Fields by which a record may be known: filled in every one, and named like it; at most three."""
    found: list[str] = []
    for field in fields:
        steps = ((field.name, field.array),)
        if (
            steps in look.leaves
            and not field.array
            and look.leaves[steps][1].filled == look.records > 1
            and _KEY.fullmatch(field.name)
        ):
            found.append(field.name)
    return tuple(found[:3])


def null_value_of(look: Look) -> str | None:
    """The text that most fields use for NULL which without it would have a type other than text."""
    votes: Counter[str] = Counter()
    for leaf, found in look.leaves.values():
        if len(found.nulls) == 1 and found.filled and _first(leaf, found) is not None:
            votes[found.nulls[0]] += 1
    return votes.most_common(1)[0][0] if votes else None


def _first(leaf: Leaf, found: Seen) -> Candidate | None:
    for candidate, misfits in zip(leaf.candidates, found.misfits, strict=True):
        if not misfits and (found.varied or not candidate.varied):
            return None if candidate.type.primitive == "string" else candidate
    return None


def _nearly(leaf: Leaf, found: Seen) -> tuple[Candidate, int] | None:
    """The likeliest type that refuses a few values only, and in how many records."""
    pairs = zip(leaf.candidates, found.misfits, strict=True)
    few = ((each, misfits) for each, misfits in pairs if 0 < misfits <= FEW * found.filled and each.type.primitive != "string")
    return next(few, None)


@dataclass(frozen=True)
class _Decider:
    look: Look
    null: str | None
    as_text: frozenset[Steps]
    required: bool

    def attributes(self, fields: Sequence[Field], above: Steps) -> tuple[WrittenAttribute, ...]:
        names = column_names([field.name for field in fields])
        return tuple(self._attribute(field, names[field.name], above) for field in fields)

    def _attribute(self, field: Field, column: str, above: Steps) -> WrittenAttribute:
        steps = (*above, (field.name, field.array))
        return WrittenAttribute(
            name=field.name,
            type=self._type(field, steps),
            array=field.array,
            required=self.required and not above and self._is_filled(steps),
            rename=None if column == field.name else column,
            attributes=self.attributes(field.fields, steps),
            notes=tuple(self._notes(field, steps)),
        )

    def _type(self, field: Field, steps: Steps) -> str:
        if field.kind in ("struct", "variant"):
            return field.kind
        chosen = self.choose(steps) if steps not in self.as_text else None
        return chosen.type.name if chosen else "string"

    def choose(self, steps: Steps) -> Candidate | None:
        """The candidate for a leaf; None: text."""
        leaf, found = self.look.leaves[steps]
        if not found.filled or not set(found.nulls) <= {self.null}:
            return None
        return _first(leaf, found)

    def _is_filled(self, steps: Steps) -> bool:
        return steps in self.look.leaves and 0 < self.look.records == self.look.leaves[steps][1].filled

    def _notes(self, field: Field, steps: Steps) -> Iterator[str]:
        if field.note:
            yield field.note
        if steps not in self.look.leaves:
            return
        leaf, found = self.look.leaves[steps]
        kind = "empty" if field.kind == "text" and not found.filled and not found.nulls else field.kind
        if kind in _KINDS:
            yield _KINDS[kind]
        if field.kind == "text" and is_code(field.name) and found.filled:
            yield "named like a code rather than a number, so leading zeros are kept"
        elif steps in self.as_text:
            yield "some values are refused by the type that the others have, so it is text"
        elif (chosen := self.choose(steps)) is not None:
            yield from _doubts(chosen, leaf, found)
        else:
            yield from self._why_text(leaf, found)

    def _why_text(self, leaf: Leaf, found: Seen) -> Iterator[str]:
        if self.null in found.nulls:
            yield f'"{self.null}" becomes NULL here as well (metadata.nullValue)'
        others = [null for null in found.nulls if null != self.null]
        if others and found.filled and (would := _first(leaf, found)):
            shown = " and ".join(f'"{each}"' for each in sorted(others))
            yield f"{would.type.name}, but for {shown}"
        pairs = zip(leaf.candidates, found.misfits, strict=True)
        digits = next((each for each, misfits in pairs if not misfits and found.filled and each.note), None)
        if digits is not None and digits.type.primitive == "string":
            yield digits.note
        elif not others and (nearly := _nearly(leaf, found)):
            yield f"{nearly[0].type.name}, but for {nearly[1]} of {found.filled:,} values"


def _doubts(chosen: Candidate, leaf: Leaf, found: Seen) -> Iterator[str]:
    if chosen.note:
        yield chosen.note
    twin = swapped(chosen.type)
    if any(not misfits and each.type.pattern == twin for each, misfits in zip(leaf.candidates, found.misfits, strict=True)):
        yield f"{chosen.type.pattern} or {twin}: no value here tells which is the day and which is the month"
