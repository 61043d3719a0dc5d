"""An expression -> the columns it is made of."""

from collections.abc import Callable
from functools import cache

from sqlglot import exp

from sl_assets.sql.columns.records import Named, Origin, Value, merged
from sl_assets.sql.columns.scope import Scope, both, field_of
from sl_assets.sql.columns.tree import name_parts, part, parts
from sl_assets.sql.columns.types import cast_type, element_type, type_of
from sl_assets.sql.columns.walk import Walk

_LEAVES = (exp.Identifier, exp.Literal, exp.Var, exp.DataType, exp.Null, exp.Boolean, exp.Placeholder)


def value_of(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    """What an expression is made of: every column in it, of its windows and conditions too, and the results of its subqueries.

    Names in it that mean nothing are noted in `walk`.
    """
    if (read := _reader(type(node))) is not None:
        return read(walk, node, scope)
    kind = type_of(node, lambda part: value_of(walk, part, scope))
    return Value(_parts(walk, node, scope), kind)


def _parts(walk: Walk, node: exp.Expr, scope: Scope) -> frozenset[Origin]:
    """All that the parts of an expression come from; a chain of a thousand ORs is no deeper than one."""
    found: set[Origin] = set()
    waiting = list(node.iter_expressions())
    while waiting:
        each = waiting.pop()
        if isinstance(each, _LEAVES):
            continue
        if (read := _reader(type(each))) is not None:
            found |= read(walk, each, scope).origins
        elif isinstance(each, exp.Anonymous) and walk.dialect != "duckdb":
            found |= _arguments(walk, each, scope)
        else:
            waiting.extend(each.iter_expressions())
    return frozenset(found)


def _arguments(walk: Walk, node: exp.Anonymous, scope: Scope) -> frozenset[Origin]:
    """Those of a function that sqlglot does not know: a lone name may be a unit such as DAY there, and no column."""
    values: list[Value] = []
    for each in node.iter_expressions():
        if isinstance(each, exp.Column) and len(name_parts(each)) == 1:
            values.append(walk.column(each, scope, lenient=True))
        else:
            values.append(value_of(walk, each, scope))
    return merged(values)


def _inner(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    return value_of(walk, node.this, scope)


def _column(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    assert isinstance(node, exp.Column)  # noqa: S101 - what it is registered for
    if isinstance(node.this, exp.Star):
        return Value(merged(value for _, value in star_of(walk, node, scope)))
    return walk.column(node, scope)


def _star(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    del walk
    counted = isinstance(node.parent, exp.Count)
    return Value() if counted else Value(merged(value for _, value in scope.star()))


def _columns(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    walk.several = node if isinstance(node, exp.Columns) else None
    return walk.chosen or Value(merged(value for _, value in scope.star()))


def _cast(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    assert isinstance(node, exp.Cast)  # noqa: S101 - what it is registered for
    return Value(value_of(walk, node.this, scope).origins, cast_type(node) if walk.dialect == "duckdb" else "")


def _window(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    name = part(node, "alias")
    over = scope.window(str(name.name).casefold()) if name is not None else Value()
    inner = value_of(walk, node.this, scope)
    rest = (value_of(walk, each, scope) for each in node.iter_expressions() if each is not node.this)
    return Value(merged((inner, over, *rest)), inner.type)


def _property(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    return value_of(walk, node.expression, scope)


def _exploded(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    return unnested(value_of(walk, node.this, scope))


def _field(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    """Structs and what is taken out of them."""
    if isinstance(node, exp.Struct):
        fields = [Named(str(each.alias_or_name), value_of(walk, each, scope)) for each in parts(node)]
        return Value(merged(value for _, value in fields), "", {name.casefold(): Named(name, value) for name, value in fields})
    inner = value_of(walk, node.this, scope)
    items = parts(node)
    key = part(node, "expression") if isinstance(node, exp.Dot | exp.StructExtract) else items[0] if items else None
    if isinstance(key, exp.Identifier) or (isinstance(key, exp.Literal) and key.is_string):
        return field_of(inner, (key.name,)) or Value(inner.origins)
    if isinstance(node, exp.Dot) and isinstance(key, exp.Func):  # `name.upper()`
        return Value(inner.origins | value_of(walk, key, scope).origins)
    if isinstance(node, exp.Bracket) and len(items) == 1 and not isinstance(key, exp.Slice):
        return Value(inner.origins | _parts(walk, node, scope), element_type(inner.type), inner.fields)
    return Value(inner.origins | _parts(walk, node, scope))


def unnested(value: Value) -> Value:
    """What UNNEST gives of a list: its items."""
    return Value(value.origins, element_type(value.type), value.fields)


def star_of(walk: Walk, node: exp.Column, scope: Scope) -> list[Named]:
    """What `t.*` stands for: the columns of a table, or the fields of a struct."""
    written = tuple(str(each.name) for each in name_parts(node))
    for each in scope.chain():
        if (relation := each.relation(written)) is not None:
            if relation.open:
                walk.gap(
                    f"{'.'.join(written)}.* cannot be written out, because not all columns of {relation.name} are known", node
                )
            return list(relation.columns)
    struct = walk.column(_without_star(node), scope)
    if struct.fields is None:
        walk.gap(f"{'.'.join(written)}.* cannot be written out", node)
        return []
    return list(struct.fields.values())


def _without_star(node: exp.Column) -> exp.Column:
    """`a.b` of `a.b.*`."""
    keys = ("this", "table", "db", "catalog")
    return exp.Column(**{key: each.copy() for key, each in zip(keys, reversed(name_parts(node)), strict=False)})


def _either(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    """COALESCE and CASE: of one type when all that they may give is; conditions count for what it comes from."""
    if isinstance(node, exp.Case):
        branches, default, compared = parts(node, "ifs"), part(node, "default"), part(node, "this")
        results = [*(each for branch in branches if (each := part(branch, "true")) is not None), *([default] if default else [])]
        others = [*(each for branch in branches if (each := part(branch, "this")) is not None), *([compared] if compared else [])]
    else:
        results, others = [node.this, *parts(node)], list[exp.Expr]()
    results = [each for each in results if not isinstance(each, exp.Null)]
    values = [value_of(walk, each, scope) for each in results]
    found = values[0] if values else Value()
    for value in values[1:]:
        found = both(found, value)
    conditions = merged(value_of(walk, each, scope) for each in others)
    return Value(found.origins | conditions, found.type, found.fields)


def _scalar(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    result = walk.read(walk, node, scope)
    values = [value for _, value in result.columns]
    return values[0] if len(values) == 1 else Value(merged(values))


def _exists(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    """Whether there are rows depends on all that is named in the query."""
    before, walk.seen = walk.seen, set()
    walk.read(walk, node.this, scope)
    seen = walk.seen
    walk.seen = before
    if before is not None:
        before |= seen
    return Value(frozenset(seen), "BOOLEAN")


def _with_parameters(walk: Walk, node: exp.Expr, scope: Scope) -> Value:
    """A lambda, or a list comprehension: its parameters are no columns."""
    if isinstance(node, exp.Comprehension):
        iterator = unnested(value_of(walk, node.args["iterator"], scope))
        names = {str(each.name).casefold(): iterator for each in node.expression.find_all(exp.Identifier)}
        inner = Scope(scope.ctes, scope, local=names)
        told = (each for each in (part(node, "this"), part(node, "condition")) if each is not None)
        return Value(iterator.origins | merged(value_of(walk, each, inner) for each in told))
    names = {str(each.name).casefold(): Value() for each in parts(node)}
    return Value(value_of(walk, node.this, Scope(scope.ctes, scope, local=names)).origins)


_READERS: tuple[tuple[type[exp.Expr], Callable[[Walk, exp.Expr, Scope], Value]], ...] = (
    (exp.Column, _column),
    (exp.Alias, _inner),
    (exp.Paren, _inner),
    (exp.Ordered, _inner),
    (exp.Cast, _cast),
    (exp.Coalesce, _either),
    (exp.Case, _either),
    (exp.Star, _star),
    (exp.Columns, _columns),
    (exp.Query, _scalar),
    (exp.Exists, _exists),
    (exp.Lambda, _with_parameters),
    (exp.Comprehension, _with_parameters),
    (exp.Window, _window),
    (exp.PropertyEQ, _property),
    (exp.Explode, _exploded),
    (exp.Dot, _field),
    (exp.Bracket, _field),
    (exp.Struct, _field),
    (exp.StructExtract, _field),
)
"""What is more than the sum of its parts."""


@cache
def _reader(kind: type[exp.Expr]) -> Callable[[Walk, exp.Expr, Scope], Value] | None:
    return next((read for special, read in _READERS if issubclass(kind, special)), None)
