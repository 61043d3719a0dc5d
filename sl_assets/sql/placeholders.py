"""`{df}`, `{sources.name}` and `{nodes.domain.table}` in SQL: found among its tokens; braces in texts stay what they are."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from sl_assets.sql.parse import SqlError

DF = "sldf"  # as long as `{df}`
SOURCE = "sl_source_"  # `sl_source_a` is as long as `{sources.a}`


@dataclass(frozen=True)
class Placeholder:
    """One placeholder: its parts without braces and dots, where it stands in the text, and its place from 1."""

    parts: tuple[str, ...]
    start: int
    end: int
    line: int
    column: int

    @property
    def written(self) -> str:
        """As its author wrote it, without quotes and blanks."""
        return "{" + ".".join(self.parts) + "}"


def find_placeholders(text: str, dialect: str = "duckdb") -> tuple[Placeholder, ...]:
    """Every name in braces, whatever it is; a struct (`{'a': 1}`) is none.

    Example:
        >>> [one.written for one in find_placeholders("SELECT '{df}', {'a': 1} FROM {df} JOIN {nodes.shop.orders}")]
        ['{df}', '{nodes.shop.orders}']
    """
    if "{" not in text:
        return ()
    try:
        tokens = list(Dialect.get_or_raise(dialect).tokenize(text))
    except SqlglotError:
        return ()  # parsing tells what is wrong
    return tuple(_found(text, tokens))


def stand_ins(text: str, dialect: str = "duckdb") -> str:
    """The text with names of tables in the place of its placeholders, every character else where it was.

    `{df}` becomes `sldf`, `{sources.a}` becomes `sl_source_a`, `{nodes.a.b}` becomes `a.b` between blanks.

    Raises:
        SqlError: A placeholder is none of the three (SL320).
    """
    for one in reversed(find_placeholders(text, dialect)):
        text = text[: one.start] + _stand_in(text[one.start : one.end], one) + text[one.end :]
    return text


def _stand_in(written: str, one: Placeholder) -> str:
    match one.parts[0].casefold(), len(one.parts):
        case "df", 1:
            name = DF
        case "sources", 2:
            name = SOURCE + one.parts[1]
        case "nodes", 3:
            name = "        " + written[written.index(".") + 1 : -1]
        case _:
            fact = f"{one.written} is no placeholder."
            hint = " Write {df}, {sources.name} or {nodes.domain.table}."
            raise SqlError("SL320", fact + hint, one.line, one.column)
    return name.ljust(len(written))


def _found(text: str, tokens: list[Token]) -> Iterator[Placeholder]:
    for index, token in enumerate(tokens):
        if token.token_type != TokenType.L_BRACE:
            continue
        parts: list[str] = []
        at = index + 1
        while at + 1 < len(tokens) and _is_name(tokens[at]):
            parts.append(tokens[at].text)
            at += 1
            if tokens[at].token_type != TokenType.DOT:
                break
            at += 1
        if parts and at < len(tokens) and tokens[at].token_type == TokenType.R_BRACE and text[tokens[at].end] == "}":
            column = max(token.col - len(token.text) + 1, 1)
            yield Placeholder(tuple(parts), token.start, tokens[at].end + 1, token.line, column)


def _is_name(token: Token) -> bool:
    return token.token_type == TokenType.IDENTIFIER or token.text.replace("_", "a").isalnum()
