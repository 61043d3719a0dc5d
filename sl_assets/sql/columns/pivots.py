"""PIVOT and UNPIVOT: columns made of values, and values made of columns."""

from sqlglot import exp

from sl_assets.sql.columns.projections import chosen, project
from sl_assets.sql.columns.records import Named, Relation, Value, merged
from sl_assets.sql.columns.scope import Scope
from sl_assets.sql.columns.tree import names, parts
from sl_assets.sql.columns.values import value_of
from sl_assets.sql.columns.walk import Walk


def pivoted(walk: Walk, node: exp.Pivot, over: list[Relation], around: Scope) -> Relation:
    """What a PIVOT or UNPIVOT makes of the relations before it."""
    scope = Scope(around.ctes, around, relations=over)
    found = _unpivot(walk, node, scope) if node.args.get("unpivot") else _pivot(walk, node, scope)
    alias = node.args.get("alias")
    if isinstance(alias, exp.TableAlias):
        renamed = [Named(name, value) for name, (_, value) in zip(names(alias, "columns"), found.columns, strict=False)]
        found.columns = (*renamed, *found.columns[len(renamed) :])
    found.name = node.alias or (over[0].name if over else "")
    return found


def _pivot(walk: Walk, node: exp.Pivot, scope: Scope) -> Relation:
    statement = node.args.get("using") is not None or not node.args.get("fields")
    totals = parts(node, "using") if statement else parts(node)
    by = parts(node) if statement else parts(node, "fields")
    values = [(_label(each), value_of(walk, each, scope)) for each in totals]
    told = [value_of(walk, each.this if isinstance(each, exp.In) else each, scope) for each in by]
    kept = _kept(walk, node, scope, [each.this if isinstance(each, exp.In) else each for each in by] + totals)
    is_open = any(relation.open for relation in scope.relations)
    listed = parts(by[0]) if len(by) == 1 and isinstance(by[0], exp.In) else []
    if not listed:
        walk.gap("the columns of this PIVOT depend on the data", node)
        values_of_all = Value(merged([*told, *(value for _, value in values)]))
        return Relation("", tuple(kept), open=True, rest=values_of_all, sure=False)
    if not values:
        values = [("", Value())]
    alone = len(values) == 1 and not isinstance(totals[0] if totals else None, exp.Alias)
    made = [
        Named(_text(each) if alone else f"{_text(each)}_{label}", Value(value.origins | merged(told), value.type))
        for each in listed
        for label, value in values
    ]
    if is_open and not isinstance(node.args.get("group"), exp.Group):
        walk.gap("a PIVOT of a table of which not all columns are known", node)
    return Relation("", (*kept, *made), open=is_open, rest=Value() if is_open else None)


def _kept(walk: Walk, node: exp.Pivot, scope: Scope, used: list[exp.Expr]) -> list[Named]:
    """The columns that are not turned: those of GROUP BY, else all that the PIVOT does not name."""
    group = node.args.get("group")
    if isinstance(group, exp.Group):
        return [Named(each.alias_or_name, value_of(walk, each, scope)) for each in parts(group)]
    taken = {column.name.casefold() for each in used for column in each.find_all(exp.Column, exp.Identifier)}
    return [named for named in scope.star() if named.name.casefold() not in taken]


def _unpivot(walk: Walk, node: exp.Pivot, scope: Scope) -> Relation:
    into = node.args.get("into")
    fields = parts(node, "fields")
    turned = parts(fields[0]) if fields else parts(node)
    name, results = "name", ["value"]
    if isinstance(into, exp.UnpivotColumns):
        name, results = into.this.name, names(into)
    elif fields:
        name, results = fields[0].this.name, names(node)
    rows = [row for each in turned for row in _turned(walk, each, scope)]
    if any(len(row) != len(results) for row in rows):
        walk.gap("an UNPIVOT that cannot be written out", node)
        return Relation("", open=True, rest=Value(merged(value for _, value in scope.star())), sure=False)
    values = [Named(each, Value(merged(row[index].value for row in rows))) for index, each in enumerate(results)]
    taken = {named.name.casefold() for row in rows for named in row}
    kept = [named for named in scope.star() if named.name.casefold() not in taken]
    is_open = any(relation.open for relation in scope.relations)
    if is_open:
        walk.gap("an UNPIVOT of a table of which not all columns are known", node)
    return Relation("", (*kept, Named(name, Value(type="VARCHAR")), *values), open=is_open, rest=Value())


def _turned(walk: Walk, node: exp.Expr, scope: Scope) -> list[list[Named]]:
    """The rows that one item of an UNPIVOT becomes, each of one column or, in brackets, of several; `[[]]`: it cannot be told."""
    match node:
        case exp.Tuple():
            return [[Named(each.name, value_of(walk, each, scope)) for each in parts(node)]]
        case exp.Columns():
            found = chosen(walk, node, scope)
            return [[]] if found is None else [[named] for named in found]
        case exp.Star():
            return [[named] for named in project(walk, node, scope)]
        case exp.Column():
            return [[Named(node.name, value_of(walk, node, scope))]]
        case _:
            named = [Named(each.name, value_of(walk, each, scope)) for each in node.find_all(exp.Column)]
            return [[each] for each in named] or [[]]


def _text(node: exp.Expr) -> str:
    """The name of the column that a value becomes."""
    return node.alias if isinstance(node, exp.PivotAlias | exp.Alias) else node.name


def _label(node: exp.Expr) -> str:
    return node.alias if isinstance(node, exp.Alias) else node.sql(dialect="duckdb").lower()
