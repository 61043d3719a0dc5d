"""One YAML file -> one model, with a diagnostic for everything in it that is wrong."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sl_assets.facts import Facts
from sl_assets.spec.base import Spec, key_names
from sl_assets.spec.diagnostic import Diagnostic
from sl_assets.spec.document import Data, Document, Route
from sl_assets.spec.explain import explain, subject
from sl_assets.spec.findings import Findings
from sl_assets.spec.old_syntax import modernize
from sl_assets.spec.place import Place
from sl_assets.spec.shape import idle_part, slots, unsupported
from sl_assets.spec.template import render_text
from sl_assets.spec.tree import Tree
from sl_assets.spec.yaml import parse_yaml, plain_value, recall_yaml

S = TypeVar("S", bound=Spec)


@dataclass(frozen=True)
class Source:
    """Where a model comes from: a document and the route of the model in it."""

    document: Document
    route: Route = ()

    @property
    def file(self) -> Path:
        """The file it is written in."""
        return self.document.file

    def place(self, *steps: str | int) -> Place:
        """Where the value at `steps` below the model stands, or the nearest thing around it."""
        return self.document.place((*self.route, *steps))

    def places(self) -> list[Place]:
        """Where each item stands, of a model that is a list."""
        return self.document.places(self.route)

    def below(self, *steps: str | int) -> "Source":
        """The same for a part of the model."""
        return Source(self.document, (*self.route, *steps))

    def subject(self, *steps: str | int) -> str:
        """The dotted name of the value at `steps`, for diagnostics."""
        return subject((*self.route, *steps), self.document.data)

    def value(self, text: str) -> str | int | float | bool | None:
        """What a scalar here, whose text is given, means to a key that takes any value: without quotes it may be a number."""
        return plain_value(text) if self.document.is_plain(self.route) else text

    def has(self, *steps: str | int) -> bool:
        """Whether the value at `steps` is written."""
        return self.document.has((*self.route, *steps))


@dataclass(frozen=True)
class Read(Generic[S]):
    """A file that was read: the model and where its values stand."""

    spec: S
    source: Source


def read_text(file: Path, findings: Findings) -> str | None:
    """The text of a file; None, and SL100, when it cannot be read. A byte order mark is skipped."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    except UnicodeDecodeError as error:
        findings.error("SL100", Place(file), "", f"is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}.")
    except OSError as error:
        findings.error("SL100", Place(file), "", f"cannot be read: {error.strerror}.")
    return None


def read_file(
    file: Path,
    model: type[S],
    variables: Mapping[str, object],
    findings: Findings,
    *,
    quiet: frozenset[str] = frozenset(),
    defaults: Mapping[Route, str] | None = None,
    facts: Facts | None = None,
    is_idle: Callable[[Data, Route], bool] | None = None,
) -> Read[S] | None:
    """Read one YAML file: templates, YAML, model.

    Args:
        file: The file.
        model: The model of the whole file.
        variables: What its templates may name.
        findings: Takes everything wrong with the file.
        quiet: Names that templates may use without being defined.
        defaults: Values for routes that the file leaves out.
        facts: What is known already of texts. What a template put into the file is not kept there: it may be a secret.
        is_idle: Whether a value asks for nothing: what its template names may be missing, and support for it too.

    Returns:
        The model. Of a file with mistakes it is what is left without them, so that later checks find theirs too; None when too
        little is left. `findings` says what is wrong.
    """
    text = read_text(file, findings)
    if text is None:
        return None
    told = Findings()
    rendered = render_text(text, variables, file, told, quiet=quiet)
    if rendered.broken:
        findings.extend(told.sorted())
        return None
    if facts is not None and rendered.text == text:
        document = recall_yaml(text, file, findings, facts)
    else:
        document = parse_yaml(rendered.text, file, findings, rendered.locate if rendered.origins else None)
    findings.extend(told.sorted() if document is None else _that_matter(told, document, model, is_idle))
    return (
        None
        if document is None
        else check(_in_todays_syntax(document, model, findings), model, findings, defaults=defaults, is_idle=is_idle)
    )


def _that_matter(
    told: Findings, document: Document, model: type[Spec], is_idle: Callable[[Data, Route], bool] | None
) -> Iterator[Diagnostic]:
    """What templates were told of, without the unknown variables of values that have no effect."""
    for each in told.sorted():
        route = document.route_at(each.place.line, each.place.column)
        idle = idle_part(model, route) is not None or (is_idle is not None and is_idle(document.data, route))
        if each.code != "SL104" or not idle:
            yield each


def root_key(model: type[Spec]) -> str:
    """The key that a file's contents are under: `table` of a `TableFile`."""
    return next(key for key in slots(model) if key != "version")


def _in_todays_syntax(document: Document, model: type[Spec], findings: Findings) -> Document:
    """The document without the syntax of before version 1; SL114 tells what was read as something else."""
    data = document.data
    if isinstance(data, dict) and data.get("version") is not None:
        return document
    root = root_key(model)
    inner = slots(model)[root].model
    tree = Tree(document)
    changes = modernize(tree, root, key_names(inner) if inner else ())
    if not changes:
        return document
    loud = [change for change in changes if not change.quiet]
    if not loud:
        return tree.document
    told = ", ".join(dict.fromkeys(change.told for change in loud))
    hint = "`sl-assets migrate` writes today's. A file with version: 1 is taken as it stands."
    findings.warning("SL114", loud[0].place, "", f"is in the syntax before version 1: {told}.", hint)
    return tree.document


def check(
    document: Document,
    model: type[S],
    findings: Findings,
    *,
    defaults: Mapping[Route, str] | None = None,
    is_idle: Callable[[Data, Route], bool] | None = None,
) -> Read[S] | None:
    """Turn a document into a model; the other half of `read_file`."""
    data: Data = {} if document.data is None else document.data
    for route, mark in unsupported(model, data):
        if is_idle is not None and is_idle(data, route):
            continue
        fact = "is not supported by this engine, ignored."
        findings.warning("SL109", document.key_place(route), subject(route, data), fact, mark.why)
    for route, value in (defaults or {}).items():
        data = _with_default(data, route, value)
    try:
        return Read(model.model_validate(data), Source(document))
    except ValidationError as error:
        wrong = [_tell(one, document, model, findings) for one in error.errors(include_url=False)]
    try:
        return Read(model.model_validate(_without(data, frozenset(wrong))), Source(document))
    except ValidationError:
        return None


def _tell(error: ErrorDetails, document: Document, model: type[Spec], findings: Findings) -> Route:
    """Tell one mistake; the route of what has to go so that the rest can be read. In what is read past anyway it is a warning."""
    told = explain(error, model)
    route = tuple(error["loc"])
    place = document.key_place(route) if told.code == "SL105" else document.place(route)
    idle = idle_part(model, route)
    tell = findings.error if idle is None else findings.warning
    tell(told.code, place, subject(route, document.data), told.fact, told.hint)
    return route if idle is None else idle


def _without(data: Data, wrong: frozenset[Route], route: Route = ()) -> Data:
    """The data without the keys at the wrong routes; a list keeps its items, because their positions are their names."""
    if isinstance(data, dict):
        kept = {key: value for key, value in data.items() if (*route, key) not in wrong}
        return {key: _without(value, wrong, (*route, key)) for key, value in kept.items()}
    if isinstance(data, list):
        return [_without(value, wrong, (*route, index)) for index, value in enumerate(data)]
    return data


def _with_default(data: Data, route: Route, value: str) -> Data:
    if not isinstance(data, dict):
        return data
    key = str(route[0])
    if len(route) == 1:
        return data if data.get(key) is not None else {**data, key: value}
    return {**data, key: _with_default(data.get(key) or {}, route[1:], value)}
