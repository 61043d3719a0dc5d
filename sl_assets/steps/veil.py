"""Errors about tables with private attributes: the engine quotes values, which no log, event or audit row may hold."""

import re
from collections.abc import Generator
from contextlib import contextmanager

import duckdb

from sl_assets.project.records import Table
from sl_assets.validation import has_private
from sl_assets.warehouse.errors import StatementError, WarehouseError

_WITHOUT_VALUES = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
)
"""About SQL, names and the machine, never about a row."""

_KIND = re.compile(r"[A-Z][A-Za-z ]*Error(?=:)")
_OF_A_FUNCTION = re.compile(r"PrivacyFunctionError: (.*)")
_ENGINE = re.compile(r"([A-Z][A-Za-z ]*Error): .*", re.DOTALL)
_UNSAID = ", whose words may quote private values and are not shown"
_AT_LINE = re.compile(r"\(line (\d+): .*\)", re.DOTALL)
_NAMED = re.compile(r"\((?!line \d|record \d|the file|metadata)[^()]*\)")
_QUOTED = re.compile(r"`.*`|(?<!\w)'.*'(?!\w)|\".*\"", re.DOTALL)
"""Greedy: what is quoted may hold the quote."""

_TOLD_BY_RULE = (
    "too many columns",
    "missing columns",
    "unquoted value",
    "invalid encoding",
    "encoding",
    "line size over maximum",
    "xsd",
)
"""Rules of refused records whose messages are ours and hold no value of a table with private attributes."""


@contextmanager
def veiled(table: Table) -> Generator[None, None, None]:
    """What the engine raises keeps its class; its words are replaced where they may hold private values of the table.

    Raises:
        duckdb.Error, WarehouseError: As the block, without the block's error as its cause.
    """
    shown: duckdb.Error | WarehouseError | None = None
    try:
        yield
    except duckdb.Error as error:
        if not has_private(table) or isinstance(error, _WITHOUT_VALUES):
            raise
        shown = type(error)(_sentence(table, error))
    except WarehouseError as error:  # ours, with the engine's words in it
        cause = error.__cause__
        if not isinstance(cause, duckdb.Error) or not has_private(table) or isinstance(cause, _WITHOUT_VALUES):
            raise
        place = f"{error.place}  " if isinstance(error, StatementError) else ""
        shown = WarehouseError(f"{place}{_sentence(table, cause)}")
    if shown is not None:
        raise shown  # out here, so that nothing hangs on to the error with the value


def veiled_reason(table: Table, reason: str) -> str:
    """Why a file cannot be read, without what it quotes from the file where that may be private."""
    if not has_private(table):
        return reason
    function = _OF_A_FUNCTION.search(reason)
    if function:
        return function[1]
    for pattern, kept in ((_ENGINE, rf"\1{_UNSAID}"), (_AT_LINE, r"(line \1)"), (_NAMED, "(***)"), (_QUOTED, "***")):
        reason = pattern.sub(kept, reason)
    return reason


def veiled_message(table: Table) -> str:
    """SQL of the message of a record that the reader refused, over its columns `rule` and `message`."""
    if not has_private(table):
        return "message"
    rules = ", ".join(f"'{rule}'" for rule in _TOLD_BY_RULE)
    return f"CASE WHEN rule IN ({rules}) THEN message ELSE 'is refused by the reader' END"


def _sentence(table: Table, error: duckdb.Error) -> str:
    function = _OF_A_FUNCTION.search(str(error))
    if function:
        return function[1]
    kind = _KIND.match(str(error))
    return (
        f"{kind[0] if kind else type(error).__name__} in a row of {table.key}. The table has private attributes, so the engine's "
        "words, which may quote values, are not shown. Hint: look at script, privacy, filter, presql and postsql of the table."
    )
