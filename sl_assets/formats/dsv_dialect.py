"""A table's `metadata` as the dialect of DuckDB's CSV reader."""

from dataclasses import dataclass, replace

from sl_assets.formats.errors import FormatError
from sl_assets.project.records import Format
from sl_assets.sql.text import quote_text

NEVER = "\x1a\x1asl"
"""Text that no file holds: stands where DuckDB insists on a null string."""

_ESCAPED_SEPARATORS = {"\\t": "\t", "tab": "\t", "\\\\": "\\", "\\u0001": "\x01", "\\u001f": "\x1f", "\\x01": "\x01"}
_LONGEST_SEPARATOR = 4


@dataclass(frozen=True)
class Dialect:
    """How fields are told apart; `padded`: short records are filled with NULL."""

    separator: str
    quote: str
    escape: str
    padded: bool = True
    parallel: bool = True

    def with_escape(self, escape: str) -> "Dialect":
        """The same with another escape character."""
        return replace(self, escape=escape)


def dialect_of(form: Format) -> Dialect:
    r"""The dialect a table's format asks for; a separator written `\t` is a tab.

    Raises:
        FormatError: A separator, quote or escape that DuckDB cannot read with.
    """
    separator = _ESCAPED_SEPARATORS.get(form.separator, form.separator)
    if not 1 <= len(separator.encode()) <= _LONGEST_SEPARATOR:
        raise FormatError(f"metadata.separator: {form.separator!r} must be 1 to {_LONGEST_SEPARATOR} bytes long.")
    for key, text in (("quote", form.quote), ("escape", form.escape)):
        if len(text.encode()) > 1:
            raise FormatError(f"metadata.{key}: {text!r} must be one ASCII character, or empty for none.")
    return Dialect(separator, form.quote, form.escape if form.quote else "")


def scan_options(dialect: Dialect, columns: int, skip: int, *, empty_is_null: bool) -> str:
    """Arguments of `read_csv` after the files: everything is given, nothing is guessed; columns are `c0`, `c1`, ... VARCHAR."""
    names = ", ".join(f"c{index}: 'VARCHAR'" for index in range(columns))
    options = {
        "auto_detect": "false",
        "header": "false",
        "skip": str(skip),
        "delim": quote_text(dialect.separator),
        "quote": quote_text(dialect.quote),
        "escape": quote_text(dialect.escape),
        "encoding": quote_text("utf-8"),
        "nullstr": quote_text("" if empty_is_null else NEVER),
        "null_padding": str(dialect.padded).lower(),
        "parallel": str(dialect.parallel).lower(),
        "columns": "{" + names + "}",
        "filename": "true",
    }
    return ", ".join(f"{key}={value}" for key, value in options.items())
