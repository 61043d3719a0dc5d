"""The arguments of a node by name, typed: sqlglot keeps them as anything."""

from typing import cast

from sqlglot import exp


def part(node: exp.Expr, name: str) -> exp.Expr | None:
    """An argument that is a node; None when it is not there, or something plain such as True."""
    found: object = node.args.get(name)
    return found if isinstance(found, exp.Expr) else None


def parts(node: exp.Expr, name: str = "expressions") -> list[exp.Expr]:
    """An argument that is a list of nodes; empty when it is not there."""
    found: object = node.args.get(name)
    return [each for each in cast("list[object]", found) if isinstance(each, exp.Expr)] if isinstance(found, list) else []


def word(node: exp.Expr, name: str) -> str:
    """An argument that is a word, such as the side of a join; empty when it is not there."""
    found: object = node.args.get(name)
    return found if isinstance(found, str) else ""


def names(node: exp.Expr, name: str = "expressions") -> list[str]:
    """The names that a list of nodes gives."""
    return [str(each.name) for each in parts(node, name)]


def name_parts(column: exp.Column | exp.Table) -> list[exp.Identifier]:
    """The parts of a dotted name, the star of `t.*` left out."""
    return [each for each in column.parts if isinstance(each, exp.Identifier)]
