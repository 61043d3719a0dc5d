"""What was found of a query's columns, as a fact: worked out once for a text and for what is known of the tables it reads."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from sl_assets.facts import Facts
from sl_assets.sql.columns.query import column_flow
from sl_assets.sql.columns.records import Fault, Flow, Gap, Known, Named, Origin, Schema, Value
from sl_assets.sql.names import Mention
from sl_assets.sql.parse import Parsed

_KIND = "columns-2"


def kept_flow(
    text: str,
    dialect: str,
    read: Iterable[Mention],
    schema: Schema,
    facts: Facts,
    parse: Callable[[str, str], Parsed],
) -> Flow:
    """`column_flow` of a text, unless it is known from before.

    Args:
        text: The SQL, templates already rendered.
        dialect: sqlglot's name of the dialect the text is in.
        read: The tables that it mentions.
        schema: What is known of them.
        facts: What is known already of texts.
        parse: What parses a text in a dialect.
    """
    known = "\n".join(_known(one.parts, schema(one.parts)) for one in read)
    kept = facts.get(_KIND, dialect, text, known)
    if kept is not None:
        return Flow(
            tuple(_named(each) for each in kept[0]), tuple(Gap(*gap) for gap in kept[1]), tuple(_fault(each) for each in kept[2])
        )
    flow = column_flow(parse(text, dialect), schema)
    fact = [
        [_plain(each) for each in flow.columns],
        [[gap.reason, gap.line, gap.column] for gap in flow.gaps],
        [[each.kind, each.name, each.line, each.column, each.known, each.within, each.sure] for each in flow.faults],
    ]
    facts.put(_KIND, dialect, text, known, fact=fact)
    return flow


def _known(parts: tuple[str, ...], known: Known | None) -> str:
    return f"{json.dumps(parts)} {'' if known is None else known.told}"


def _plain(named: Named) -> object:
    name, value = named
    return [name, sorted(value.origins), value.type, value.fields and [_plain(each) for each in value.fields.values()]]


def _named(kept: Any) -> Named:
    name, origins, kind, fields = kept
    inner = [_named(each) for each in fields or ()]
    found = frozenset(Origin(*each) for each in origins)
    return Named(name, Value(found, kind, {each.name.casefold(): each for each in inner} or None))


def _fault(kept: Any) -> Fault:
    kind, name, line, column, known, within, sure = kept
    return Fault(kind, name, line, column, tuple(known), within, sure)
