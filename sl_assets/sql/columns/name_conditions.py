"""Conditions on the name of a column: `* LIKE 'a%'`, `COLUMNS(c -> c LIKE 'a%')`."""

import re

from sqlglot import exp

from sl_assets.sql.columns.tree import parts


def condition_on_name(node: exp.Expr, parameter: str, name: str) -> bool | None:  # noqa: PLR0911 - one answer for each kind
    """Whether a condition holds of a column's name; None where it has something that is not worked out here.

    Args:
        node: What stands behind the arrow of a lambda.
        parameter: What the name is called in it.
        name: The name.
    """
    match node:
        case exp.Paren():
            return condition_on_name(node.this, parameter, name)
        case exp.Not():
            inner = condition_on_name(node.this, parameter, name)
            return None if inner is None else not inner
        case exp.And() | exp.Or():
            both = [condition_on_name(each, parameter, name) for each in (node.left, node.right)]
            return None if None in both else all(both) if isinstance(node, exp.And) else any(both)
        case exp.In() if _is_parameter(node.this, parameter) and parts(node) and all(map(_is_text, parts(node))):
            return name in [each.name for each in parts(node)]
        case exp.Binary() | exp.StartsWith() | exp.EndsWith() | exp.Contains():
            if not (_is_parameter(node.this, parameter) and _is_text(node.expression)):
                return None
            return _compared(node, name, node.expression.name)
        case _:
            return None


def is_like(name: str, pattern: str, *, any_case: bool = False) -> bool:
    """Whether a name is like a SQL pattern."""
    flags = re.DOTALL | (re.IGNORECASE if any_case else 0)
    return re.fullmatch("".join({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in pattern), name, flags) is not None


def _compared(node: exp.Expr, name: str, text: str) -> bool | None:  # noqa: PLR0911 - one answer for each kind
    match node:
        case exp.Like() | exp.ILike() if not node.args.get("negate"):
            return is_like(name, text, any_case=isinstance(node, exp.ILike))
        case exp.EQ():
            return name == text
        case exp.NEQ():
            return name != text
        case exp.StartsWith():
            return name.startswith(text)
        case exp.EndsWith():
            return name.endswith(text)
        case exp.Contains():
            return text in name
        case _:
            return None


def _is_parameter(node: object, parameter: str) -> bool:
    return isinstance(node, exp.Identifier | exp.Column) and node.name.casefold() == parameter.casefold()


def _is_text(node: object) -> bool:
    return isinstance(node, exp.Literal) and node.is_string
