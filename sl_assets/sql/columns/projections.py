"""What stands behind SELECT -> the columns of the result."""

import re

from sqlglot import exp

from sl_assets.sql.columns.name_conditions import condition_on_name, is_like
from sl_assets.sql.columns.records import Fault, Named
from sl_assets.sql.columns.scope import Scope
from sl_assets.sql.columns.tree import name_parts, parts
from sl_assets.sql.columns.types import cast_type
from sl_assets.sql.columns.values import star_of, value_of
from sl_assets.sql.columns.walk import Walk, position
from sl_assets.sql.text import quote_name

_PLAIN = re.compile(r"[A-Za-z_]\w*")


def project(walk: Walk, node: exp.Expr, scope: Scope) -> list[Named]:
    """The columns that one item of a SELECT list becomes: several for a star, for COLUMNS and for UNNEST of a struct."""
    inner = node.this if isinstance(node, exp.Alias) else node
    if isinstance(inner, exp.Star):
        return _star(walk, inner, scope)
    if isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star):
        return _changed(walk, inner.this, star_of(walk, inner, scope), scope)
    if isinstance(inner, exp.Like | exp.ILike | exp.Glob | exp.SimilarTo | exp.RegexpLike) and isinstance(inner.this, exp.Star):
        return _like(walk, inner, scope)
    walk.several = None
    value = value_of(walk, inner, scope)
    if walk.several is not None:
        return _several(walk, node, walk.several, scope)
    if isinstance(inner, exp.Explode) and (spread := _spread(walk, inner, scope)) is not None:
        return spread
    return [Named(_name(node, scope), value)]


def _star(walk: Walk, star: exp.Star, scope: Scope) -> list[Named]:
    opened = [relation.name or "a subquery" for relation in scope.relations if relation.open]
    if opened:
        walk.gap(f"* cannot be written out, because not all columns of {' and '.join(opened)} are known", star)
    return _changed(walk, star, scope.star(), scope)


def _changed(walk: Walk, star: exp.Star, columns: list[Named], scope: Scope) -> list[Named]:
    """EXCLUDE, REPLACE and RENAME."""
    left_out = {_written(each): each for each in parts(star, "except_")}
    replaced = {str(each.alias).casefold(): each for each in parts(star, "replace")}
    renamed = {str(each.this.name).casefold(): each for each in parts(star, "rename")}
    if not any(relation.open for relation in scope.relations):
        names = {name.casefold() for name, _ in columns}
        for name, each in (*left_out.items(), *replaced.items(), *renamed.items()):
            if name.rpartition(".")[2] not in names:
                _tell(walk, each, name, columns, scope)
    kept: list[Named] = []
    found = scope.relations
    for name, value in columns:
        folded = name.casefold()
        if folded in left_out or any(f"{one.name.casefold()}.{folded}" in left_out and one.find(name) is value for one in found):
            continue
        if folded in replaced:
            kept.append(Named(replaced[folded].alias, value_of(walk, replaced[folded].this, scope)))
        else:
            kept.append(Named(renamed[folded].alias if folded in renamed else name, value))
    return kept


def _written(node: exp.Expr) -> str:
    written = name_parts(node) if isinstance(node, exp.Column) else [node]
    return ".".join(str(each.name).casefold() for each in written[-2:])


def _tell(walk: Walk, node: exp.Expr, name: str, columns: list[Named], scope: Scope) -> None:
    line, column = position(node)
    walk.fault(Fault("column", name, line, column, tuple(each for each, _ in columns), sure=scope.is_sure))


def _like(walk: Walk, node: exp.Expr, scope: Scope) -> list[Named]:
    """`* LIKE 'a%'`: the columns with such names."""
    columns = _star(walk, node.this, scope)
    pattern = node.expression
    if not isinstance(node, exp.Like | exp.ILike) or not isinstance(pattern, exp.Literal) or node.args.get("negate"):
        walk.gap("a star with a pattern cannot be written out", node)
        return columns
    return [named for named in columns if is_like(named.name, pattern.name, any_case=isinstance(node, exp.ILike))]


def _several(walk: Walk, node: exp.Expr, found: exp.Columns, scope: Scope) -> list[Named]:
    """`COLUMNS(...)`, by itself or in an expression: one column of the result for each that it stands for."""
    columns = chosen(walk, found, scope)
    if found.args.get("unpack") or columns is None:
        walk.gap("COLUMNS cannot be written out", node)
        return []
    alias = node.alias if isinstance(node, exp.Alias) else ""
    if "\\" in alias:
        walk.gap("the names that COLUMNS gives cannot be written out", node)
        return []
    inner = node.this if isinstance(node, exp.Alias) else node
    results: list[Named] = []
    for name, value in columns:
        walk.chosen = value
        with walk.muted():
            results.append(Named(alias or name, value_of(walk, inner, scope)))
        walk.chosen = None
    return results


def chosen(walk: Walk, node: exp.Columns, scope: Scope) -> list[Named] | None:  # noqa: PLR0911 - one answer for each kind
    """The columns that `COLUMNS(...)` stands for; None: they cannot be told."""
    what = node.this
    if isinstance(what, exp.Star):
        return _star(walk, what, scope)
    if isinstance(what, exp.Column) and isinstance(what.this, exp.Star):
        return _changed(walk, what.this, star_of(walk, what, scope), scope)
    if any(relation.open for relation in scope.relations):
        return None
    if isinstance(what, exp.Literal) and what.is_string:
        try:
            wanted = re.compile(what.name)
        except re.error:
            return None
        return [named for named in scope.star() if wanted.search(named.name)]
    if isinstance(what, exp.Array) and all(isinstance(each, exp.Literal) for each in parts(what)):
        names = [str(each.name).casefold() for each in parts(what)]
        return [named for name in names for named in scope.star() if named.name.casefold() == name]
    if isinstance(what, exp.Lambda) and len(parts(what)) == 1:
        kept = [(named, condition_on_name(what.this, parts(what)[0].name, named.name)) for named in scope.star()]
        return None if any(keeps is None for _, keeps in kept) else [named for named, keeps in kept if keeps]
    return None


def _spread(walk: Walk, node: exp.Explode, scope: Scope) -> list[Named] | None:
    """UNNEST of a struct gives its fields as columns; of a list, one column, unless it is told to go all the way down."""
    with walk.muted():
        value = value_of(walk, node.this, scope)
    deep = any(isinstance(each, exp.PropertyEQ) and each.name.casefold() == "recursive" for each in parts(node))
    if value.type.endswith("[]") and not deep:
        return None
    if value.fields is None:
        if deep or not value.type:
            return None if not deep else _gap(walk, node)
        return None
    if deep and any(each.value.fields is not None or each.value.type.endswith("[]") for each in value.fields.values()):
        return _gap(walk, node)
    return list(value.fields.values())


def _gap(walk: Walk, node: exp.Expr) -> list[Named]:
    walk.gap("UNNEST cannot be written out", node)
    return []


def _name(node: exp.Expr, scope: Scope) -> str:  # noqa: PLR0911 - one answer for each kind
    """The name of a column: its alias, else that of the column it is, else what DuckDB calls it; empty for what is longer.

    DuckDB's, whatever the dialect: it is there that the query runs in the end.
    """
    match node:
        case exp.Alias():
            return node.alias
        case exp.Column():
            return scope.spelling(tuple(str(each.name) for each in name_parts(node)[:-1]), node.name)
        case exp.Paren():
            return _name(node.this, scope)
        case exp.Dot() if isinstance(node.expression, exp.Identifier):
            return node.expression.name
        case exp.Count() if isinstance(node.this, exp.Star):
            return "count_star()"
        case exp.Sum() | exp.Min() | exp.Max() | exp.Avg() | exp.Count() if isinstance(node.this, exp.Column):
            return f"{node.key}({_dotted(node.this)})" if not node.args.get("expressions") else ""
        case exp.TryCast() | exp.Cast() if isinstance(node.this, exp.Column) and (kind := cast_type(node)):
            return f"{'TRY_CAST' if isinstance(node, exp.TryCast) else 'CAST'}({_dotted(node.this)} AS {kind})"
        case _:
            return ""


def _dotted(node: exp.Column) -> str:
    return ".".join(part.name if _PLAIN.fullmatch(part.name) else quote_name(part.name) for part in name_parts(node))
