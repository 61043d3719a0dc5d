"""One SQL text -> one tree."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END})
_DEEPEST = 200


class SqlError(Exception):
    """SQL that cannot be used: a code, a position in the text (from 1, 0 when unknown), and what is wrong."""

    def __init__(self, code: str, fact: str, line: int = 0, column: int = 0) -> None:
        super().__init__(fact)
        self.code = code
        self.fact = fact
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Parsed:
    """A query: `text[start:end]` of the whole text it was read from, without `;` and the comments around it."""

    text: str
    start: int
    end: int
    tree: exp.Expr
    dialect: str


class Queries:
    """The queries parsed while one project is read: each text once, whoever asks."""

    def __init__(self) -> None:
        self._parsed: dict[tuple[str, str], Parsed] = {}

    def parse(self, text: str, dialect: str) -> Parsed:
        """See `parse_query`."""
        found = self._parsed.get((text, dialect))
        if found is None:
            found = self._parsed[text, dialect] = parse_query(text, dialect)
        return found


def parse_query(text: str, dialect: str = "duckdb") -> Parsed:
    """Parse one query: a SELECT, with or without CTEs, set operations, or another statement that yields rows.

    Args:
        text: The SQL, templates already rendered. Comments and a trailing `;` do no harm.
        dialect: sqlglot's name of the dialect the text is in.

    Returns:
        The query.

    Raises:
        SqlError: Syntax error (SL302), no SQL (SL305), not exactly one query (SL306).

    Example:
        >>> parse_query("SELECT 1; -- one").end
        8
    """
    reader = Dialect.get_or_raise(dialect)
    try:
        tokens = list(reader.tokenize(text))
    except SqlglotError:
        raise _untokenizable(text) from None
    statement = _one_statement(tokens)
    _refuse_depth(statement)
    try:
        trees = reader.parser().parse(statement, text)
    except ParseError as error:
        raise _syntax_fault(error) from None
    except RecursionError:
        raise _too_deep(statement[0]) from None
    tree = trees[0] if trees else None
    if tree is None or not isinstance(tree, exp.Query | exp.Pivot | exp.Values | exp.Table):
        first = statement[0]
        raise SqlError("SL306", f"expected a SELECT, found {first.text.upper()}.", first.line, _column(first))
    return Parsed(text, statement[0].start, statement[-1].end + 1, tree, dialect)


def _one_statement(tokens: list[Token]) -> list[Token]:
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens = tokens[:-1]
    while tokens and tokens[0].token_type == TokenType.SEMICOLON:
        tokens = tokens[1:]
    if not tokens:
        raise SqlError("SL305", "there is no SQL in it.")
    for index, token in enumerate(tokens):
        if token.token_type == TokenType.SEMICOLON:
            second = tokens[index + 1]
            raise SqlError("SL306", "expected one statement, found a second one.", second.line, _column(second))
    return tokens


def _refuse_depth(tokens: Iterable[Token]) -> None:
    """Stop what is nested deeper than any query that a person or a tool writes: the compiled parser would end the process."""
    depth = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth > _DEEPEST:
            raise _too_deep(token)


def _too_deep(token: Token) -> SqlError:
    return SqlError("SL302", "the query is nested too deeply.", token.line, _column(token))


def _column(token: Token) -> int:
    return max(token.col - len(token.text) + 1, 1)


def _syntax_fault(error: ParseError) -> SqlError:
    if not error.errors:
        return SqlError("SL302", "syntax error.")
    first = error.errors[0]
    near = str(first.get("highlight") or "")
    line, end = int(first.get("line") or 0), int(first.get("col") or 0)
    return SqlError("SL302", f'syntax error near "{near}".', line, max(end - len(near) + 1, 1) if line else 0)


def _untokenizable(text: str) -> SqlError:
    """A quote or comment that never ends; where it begins, the tokenizer does not say."""
    for opening, name in (("'", "text"), ('"', "name")):
        if text.count(opening) % 2:
            at = text.rfind(opening)
            line = text.count("\n", 0, at) + 1
            return SqlError(
                "SL302", f"syntax error: a {name} in {opening} quotes never ends.", line, at - text.rfind("\n", 0, at)
            )
    return SqlError("SL302", "syntax error: a quote or comment never ends.")
