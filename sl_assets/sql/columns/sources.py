"""What stands in FROM and JOIN -> relations with columns."""

from collections.abc import Iterable

from sqlglot import exp

from sl_assets.sql.columns.pivots import pivoted
from sl_assets.sql.columns.records import Fault, Known, Named, Relation, Value, merged, unique_names
from sl_assets.sql.columns.scope import Scope, both
from sl_assets.sql.columns.tree import name_parts, names, part, parts, word
from sl_assets.sql.columns.values import unnested, value_of
from sl_assets.sql.columns.walk import Walk, position

_UNNESTING = frozenset({"bigquery", "databricks", "redshift", "spark"})
_ONE_SIDED = frozenset({"SEMI", "ANTI"})


def read_from(walk: Walk, node: exp.Expr, scope: Scope) -> None:
    """Add to `scope` what a SELECT reads, join by join; what is joined later may use what stands before."""
    first = node.args.get("from_")
    if isinstance(first, exp.From):
        scope.relations.extend(relations_of(walk, first.this, scope))
    for join in parts(node, "joins"):
        _join(walk, join, scope)
    for lateral in parts(node, "laterals"):
        scope.relations.extend(relations_of(walk, lateral, scope))


def _join(walk: Walk, join: exp.Expr, scope: Scope) -> None:
    right = relations_of(walk, join.this, scope)
    natural = word(join, "method") == "NATURAL"
    used = _common(walk, scope, right, join) if natural else names(join, "using")
    values = {name: _used(walk, name, join, scope, right) for name in used}
    scope.relations.extend(right)
    for name, value in values.items():
        scope.using[name.casefold()] = value
        for relation in right:
            relation.joined.add(name.casefold())
    if (on := part(join, "on")) is not None:
        value_of(walk, on, scope)
    if {word(join, "kind"), word(join, "side")} & _ONE_SIDED:
        del scope.relations[len(scope.relations) - len(right) :]


def _common(walk: Walk, scope: Scope, right: list[Relation], join: exp.Expr) -> list[str]:
    if any(relation.open for relation in (*scope.relations, *right)):
        walk.gap("a NATURAL JOIN with a table of which not all columns are known", join)
    return [name for relation in right for name, _ in relation.columns if scope.candidates(name)]


def _used(walk: Walk, name: str, join: exp.Expr, scope: Scope, right: list[Relation]) -> Value:
    """The one column that USING makes of two: the left one's values, for a RIGHT join the right one's, for a FULL both."""
    one = Scope(scope.ctes, relations=right)
    left = scope.using.get(name.casefold()) or _find(walk, name, join, scope)
    other = _find(walk, name, join, one)
    side = word(join, "side")
    return other if side == "RIGHT" else both(left, other) if side == "FULL" else left


def _find(walk: Walk, name: str, join: exp.Expr, scope: Scope) -> Value:
    found = [value for _, value in scope.candidates(name)]
    if found:
        return found[0]
    opened = [relation for relation in scope.relations if relation.open]
    if opened:
        return opened[0].guess(name)
    identifier = next((each for each in parts(join, "using") if each.name == name), join)
    line, column = position(identifier)
    sure = all(relation.sure for relation in scope.relations)
    known = tuple(name for relation in scope.relations for name, _ in relation.columns)
    walk.fault(Fault("column", name, line, column, known, sure=sure))
    return Value()


def relations_of(walk: Walk, node: exp.Expr, scope: Scope) -> list[Relation]:  # noqa: C901 - one case for each kind
    """One item of FROM; several relations where it is a join in brackets."""
    match node:
        case exp.Table():
            found = [_table(walk, node, scope)]
        case exp.Subquery() if isinstance(node.this, exp.Table | exp.Subquery) and parts(node.this, "joins"):
            found = relations_of(walk, node.this, scope)
        case exp.Subquery() if isinstance(node.this, exp.Table) and not node.alias:
            found = relations_of(walk, node.this, scope)
        case exp.Subquery():
            found = [_renamed(_inner(walk, node, scope), node, "")]
        case exp.Lateral():
            found = [_lateral(walk, node, scope)]
        case exp.Unnest():
            found = [_unnest(walk, node, scope)]
        case exp.Values():
            found = [_renamed(walk.read(walk, node, scope), node, "")]
        case exp.Query() | exp.Pivot():
            found = [_renamed(walk.read(walk, node, scope), node, "")]
        case _:
            walk.gap("something in FROM that is not known here", node)
            found = [Relation(node.alias_or_name, open=True, rest=Value(), sure=False)]
    for pivot in parts(node, "pivots"):
        found = [pivoted(walk, pivot, found, scope)] if isinstance(pivot, exp.Pivot) else found
    for join in parts(node, "joins"):
        inner = Scope(scope.ctes, scope, relations=found)
        _join(walk, join, inner)
        found = inner.relations
    return found


def _inner(walk: Walk, node: exp.Expr, scope: Scope) -> Relation:
    relation = walk.read(walk, node, scope)
    return Relation("", tuple(unique_names(relation.columns)), open=relation.open, sure=relation.sure, rest=relation.rest)


def _table(walk: Walk, node: exp.Table, scope: Scope) -> Relation:
    if not isinstance(node.this, exp.Identifier):
        return _function(walk, node, scope)
    name, written = node.this.name, tuple(str(each.name) for each in name_parts(node))
    at = node.this.meta.get("start")
    if isinstance(at, int) and walk.text[at : at + 1] == "'":
        return _renamed(Relation(name, open=True, rest=Value()), node, "")
    if len(written) == 1 and (cte := scope.ctes.get(name.casefold())) is not None:
        found = Relation(name, cte.columns, open=cte.open, sure=cte.sure, rest=cte.rest)
        return _renamed(found, node, name)
    if walk.dialect in _UNNESTING and len(written) > 1 and (array := _array(written, scope)) is not None:
        item = unnested(array)
        fields = tuple(item.fields.values()) if item.fields else ()
        own = (Named(node.alias_or_name, item),) if node.alias_or_name else ()
        return Relation(node.alias_or_name, (*fields, *own), open=not fields, rest=Value(item.origins))
    return _renamed(_known(walk.schema(written)), node, name, written)


def _known(known: Known | None) -> Relation:
    if known is None:  # a system table, or one of another database
        return Relation("", open=True, rest=Value(), sure=False)
    return Relation(
        known.table,
        known.columns or (),
        key=(known.domain, known.table),
        open=known.open or known.columns is None,
        sure=known.sure,
    )


def _array(written: tuple[str, ...], scope: Scope) -> Value | None:
    """`o.items` behind `orders o`: an array to be walked through."""
    if (relation := scope.relation(written[:1])) is None:
        return None
    return relation.find(written[1]) or (relation.guess(written[1]) if relation.open else None)


def _function(walk: Walk, node: exp.Table, scope: Scope) -> Relation:
    """A table function: what it gives is only known of the few that make numbers and of UNNEST."""
    call = node.this
    if isinstance(call, exp.Explode | exp.Unnest):
        return _renamed(Relation("unnest", (Named("unnest", unnested(value_of(walk, call.this, scope))),)), node, "unnest")
    if isinstance(call, exp.GenerateSeries):
        name = "range" if call.args.get("is_end_exclusive") else "generate_series"
        bounds = [each for each in call.iter_expressions() if not isinstance(each, exp.Boolean)]
        value = Value(merged(value_of(walk, each, scope) for each in bounds), "BIGINT" if _whole_numbers(bounds) else "")
        return _renamed(Relation(name, (Named(name, value),)), node, name)
    for each in call.iter_expressions():  # `header = true` names an option, and no column
        value_of(walk, each.expression if isinstance(each, exp.EQ | exp.PropertyEQ) else each, scope)
    return _renamed(Relation(call.name, open=True, rest=Value()), node, call.name)


def _whole_numbers(nodes: Iterable[exp.Expr]) -> bool:
    return all(isinstance(node, exp.Literal) and not node.is_string for node in nodes)


def _unnest(walk: Walk, node: exp.Unnest, scope: Scope) -> Relation:
    values = [unnested(value_of(walk, each, scope)) for each in parts(node)]
    columns = [Named("unnest" if walk.dialect == "duckdb" else node.alias or "unnest", value) for value in values]
    offset = node.args.get("offset")
    if isinstance(offset, exp.Identifier):
        columns.append(Named(offset.name, Value(merged(values), "BIGINT")))
    elif offset:
        columns.append(Named("ordinality", Value(merged(values), "BIGINT")))
    spread = walk.dialect != "duckdb"  # the fields of structs become columns in several dialects
    rest = Value(merged(values)) if spread else None
    return _renamed(Relation("unnest", tuple(columns), open=spread, rest=rest), node, "unnest")


def _lateral(walk: Walk, node: exp.Lateral, scope: Scope) -> Relation:
    inner = node.this
    if isinstance(inner, exp.Subquery | exp.Query):
        return _renamed(_inner(walk, inner, scope), node, "")
    value = unnested(value_of(walk, inner, scope))
    given = [str(each.name) for each in _alias_columns(node)]
    return Relation(node.alias, tuple(Named(name, Value(value.origins)) for name in given), open=not given, rest=value)


def _alias_columns(node: exp.Expr) -> list[exp.Expr]:
    alias = node.args.get("alias")
    return parts(alias, "columns") if isinstance(alias, exp.TableAlias) else []


def _renamed(relation: Relation, node: exp.Expr, name: str, written: tuple[str, ...] = ()) -> Relation:
    """A relation under its alias, with the names that the alias gives to its first columns."""
    alias = node.args.get("alias")
    given = alias.name if isinstance(alias, exp.TableAlias) else str(alias.name) if isinstance(alias, exp.Expr) else ""
    columns = list(relation.columns)
    for index, each in enumerate(_alias_columns(node)):
        if index < len(columns):
            columns[index] = Named(each.name, columns[index].value)
        elif relation.open:
            columns.append(Named(each.name, relation.rest or Value()))
    relation.columns = tuple(columns)
    relation.name = given or name
    relation.parts = () if given else written
    return relation
