"""One top-level attribute through the layers of the validation SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

from sl_assets.project.reading import Reading, Representation
from sl_assets.project.records import Attribute
from sl_assets.sql.text import quote_name, quote_text
from sl_assets.validation.messages import FAULT, Subject
from sl_assets.validation.nested import Nesting, nested_faults, nested_value
from sl_assets.validation.scalars import certainly, json_text, prepared, scalar_fault
from sl_assets.validation.types import column_type, rule_of


@dataclass(frozen=True)
class Cell:
    """What an attribute adds to each layer.

    Attributes:
        attribute: The attribute.
        raw: Columns of the first layer, over the raw columns of the files: name -> SQL.
        derived: Columns of the second layer, over those: name -> SQL. Each cast is written here, once.
        value: SQL of the value, over both.
        text: SQL of the text that the value came from, NULL where there is none.
        certain: A cheap condition that implies "no fault"; None: there can be none.
        faults: SQL of the list of faults; its members may be NULL.
    """

    attribute: Attribute
    raw: Mapping[str, str]
    derived: Mapping[str, str]
    value: str
    text: str
    certain: str | None
    faults: str


def cell_of(attribute: Attribute, number: int, reading: Reading, nesting: Nesting) -> Cell:
    """The cell of a table's attribute that is not a script; `number` makes its column names unique."""
    if attribute.source not in reading.present:
        return _absent_cell(attribute, number, nesting)
    kind = reading.kinds.get(attribute.source, reading.representation)
    if attribute.array or attribute.type.primitive == "struct":
        return _nested_cell(attribute, number, kind, nesting)
    if kind == "typed":
        return _typed_cell(attribute, number, nesting)
    return _scalar_cell(attribute, number, kind, nesting)


def _subject(attribute: Attribute, value: str, nesting: Nesting) -> Subject:
    return Subject(attribute, quote_text(attribute.source), value, nesting.with_value)


def _absent_cell(attribute: Attribute, number: int, nesting: Nesting) -> Cell:
    text = "CAST(NULL AS VARCHAR)" if attribute.default is None else quote_text(attribute.default)
    value = f"CAST(NULL AS {column_type(attribute)})"
    if attribute.default is not None:
        value = rule_of(attribute, nesting.timezone).cast(text)
    certain = "false" if attribute.required else None
    absent = _subject(attribute, "NULL", nesting).absent()
    return Cell(attribute, {}, {f"v{number}": value}, f"v{number}", "NULL", certain, f"[{absent}]")


def _typed_cell(attribute: Attribute, number: int, nesting: Nesting) -> Cell:
    value = f"v{number}"
    source = quote_name(attribute.source)
    if attribute.default is not None:
        source = f"coalesce({source}, {rule_of(attribute, nesting.timezone).cast(quote_text(attribute.default))})"
    text = f"CAST({value} AS VARCHAR)"
    fault = _subject(attribute, text, nesting).null() if attribute.required else "NULL"
    faults = f"[CASE WHEN {value} IS NULL THEN CAST({fault} AS {FAULT}) END]"
    return Cell(attribute, {value: source}, {}, value, text, f"{value} IS NOT NULL" if attribute.required else None, faults)


def _scalar_cell(attribute: Attribute, number: int, kind: Representation, nesting: Nesting) -> Cell:
    rule = rule_of(attribute, nesting.timezone)
    source, text, value = quote_name(attribute.source), f"t{number}", f"v{number}"
    raw: dict[str, str] = {}
    json = None
    if kind == "json":
        json = f"j{number}"
        raw[json] = source
        source = f"CAST({source} AS VARCHAR)" if attribute.type.primitive == "variant" else json_text(source)
    raw[text] = prepared(attribute, source, empty_is_null=nesting.empty_is_null, read_as_null=kind == "text")
    cast = rule.cast(text)
    derived = {} if cast == text else {value: cast}
    result = value if derived else text
    fault = scalar_fault(rule, _subject(attribute, text, nesting), text, result, json)
    certain = certainly(rule, attribute, text, result, json)
    return Cell(attribute, raw, derived, result, text, certain, f"[CAST({fault} AS {FAULT})]")


def _nested_cell(attribute: Attribute, number: int, kind: Representation, nesting: Nesting) -> Cell:
    source, json, value, faults = quote_name(attribute.source), f"j{number}", f"v{number}", f"e{number}"
    if kind == "text":
        source = f"CASE WHEN json_valid({source}) THEN CAST({source} AS JSON) ELSE to_json({source}) END"
    derived = {
        value: nested_value(attribute, json, nesting),
        faults: nested_faults(attribute, json, quote_text(attribute.source), nesting),
    }
    return Cell(attribute, {json: source}, derived, value, f"CAST({json} AS VARCHAR)", f"len({faults}) = 0", faults)
