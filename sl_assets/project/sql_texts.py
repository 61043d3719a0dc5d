"""`presql` and `postsql`: SQL that runs before and after the rows are written."""

from collections.abc import Iterable

from sl_assets.project.records import SqlText
from sl_assets.spec.place import Place
from sl_assets.spec.read import Source


def sql_texts(texts: Iterable[str], source: Source, dialect: str) -> tuple[SqlText, ...]:
    """The items of a YAML list, each with its place."""
    return tuple(SqlText(text, source.place(index), dialect=dialect) for index, text in enumerate(texts))


def section_text(text: str, body: Place, dialect: str) -> tuple[SqlText, ...]:
    """A section of a SQL file, whose line numbers are the file's; none when there is nothing in it."""
    return (SqlText(text, body, numbered=True, dialect=dialect),) if text.strip() else ()
