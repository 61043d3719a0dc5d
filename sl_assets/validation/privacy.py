"""`privacy:` of an attribute as SQL over its accepted values. NULL stays NULL; no method is Python for each row."""

import re
from collections.abc import Iterator
from dataclasses import replace

import duckdb

from sl_assets.project.records import Attribute, Privacy, Table
from sl_assets.validation.errors import PrivacyError
from sl_assets.validation.privacy_functions import load_function, prepare
from sl_assets.validation.privacy_numbers import NUMBER_METHODS, Numbers, fits_range
from sl_assets.validation.privacy_texts import hidden_text
from sl_assets.validation.types import column_type

_TEXT = re.compile(r"(VARCHAR|TEXT|STRING|CHAR|BPCHAR)\b.*", re.IGNORECASE)
_FROM_NOTHING = frozenset({"RANDOMDOUBLE", "RANDOMLONG", "RANDOMINT"})
_REAL = frozenset({"RANDOMDOUBLE", "APPROXDOUBLE"})


def is_private(attribute: Attribute) -> bool:
    """Whether values of the attribute, or of one within it, must not be shown."""
    return attribute.privacy is not None or any(is_private(field) for field in attribute.attributes)


def has_private(table: Table) -> bool:
    """Whether some attribute of a table is private: then no text of its files and no error of the engine may be shown."""
    return any(is_private(attribute) for attribute in table.attributes)


def private_attributes(table: Table) -> Iterator[tuple[Attribute, Privacy]]:
    """The attributes of a table, nested ones too, that have a method of their own."""
    pending = list(table.attributes)
    for attribute in pending:
        pending += attribute.attributes
        if attribute.privacy is not None:
            yield attribute, attribute.privacy


def prepare_privacy(connection: duckdb.DuckDBPyConnection, table: Table, key: str | None) -> None:
    """Give a connection what the SQL of a table's privacy calls. Do so before that SQL runs; again is no harm.

    Args:
        connection: Gets functions and session variables.
        table: Whose attributes they are for.
        key: The project's key of keyed hashes.

    Raises:
        PrivacyError: There is no key where one is needed, or a function of the project cannot be had.
    """
    for attribute, privacy in private_attributes(table):
        prepare(connection, attribute, privacy, key)


def check_functions(table: Table) -> None:
    """Import the functions in Python that a table's privacy names.

    Raises:
        PrivacyError: One of them cannot be had.
    """
    for attribute, privacy in private_attributes(table):
        if privacy.function is not None:
            load_function(attribute, privacy)


def private_within(attribute: Attribute, value: str, depth: int) -> str:
    """`private` for an element of an array or a field of a struct, where there is no column that an expression could name.

    Args:
        attribute: The element's or field's.
        value: SQL of its value.
        depth: How deep it stands; makes names unique.

    Raises:
        PrivacyError: As `private`, or the method is a SQL expression.
    """
    if attribute.privacy is None:
        return value
    if attribute.privacy.method == "SQL":
        raise PrivacyError(
            attribute.name, str(attribute.privacy), "is an expression, which can be given for a column of its own only."
        )
    name = f"p{depth}"
    return f"list_transform([{value}], lambda {name}: {private(attribute, name)})[1]"  # the value is computed once


def private(attribute: Attribute, value: str) -> str | None:
    """SQL of the value as its method shows it, NULL staying NULL; None: it is shown as it is.

    Args:
        attribute: Its type is what the result has to be.
        value: SQL of the value, cheap to repeat. A SQL expression of the project is not about it, but about all columns.

    Raises:
        PrivacyError: What the method makes does not fit the type of the attribute.
    """
    privacy = attribute.privacy
    if privacy is None:
        return None
    if attribute.array and privacy.method != "SQL":
        return f"list_transform({value}, lambda element: {private(replace(attribute, array=False), 'element')})"
    if privacy.method == "SQL":
        # a comment at its end must not swallow what follows
        return f"CAST(({privacy.arguments[0]}\n) AS {column_type(attribute)})"
    ddl = attribute.type.ddl
    if attribute.type.primitive == "string" and _TEXT.fullmatch(ddl):
        if privacy.method not in NUMBER_METHODS:
            return hidden_text(privacy, value)
        if privacy.method in _FROM_NOTHING:
            return f"CAST({NUMBER_METHODS[privacy.method](Numbers(value, _own_type(privacy), privacy.arguments))} AS {ddl})"
    elif attribute.type.primitive in _accepting(privacy):
        numbers = Numbers(value, ddl, privacy.arguments)
        if not fits_range(privacy.method, numbers):
            raise PrivacyError(attribute.name, str(privacy), f"gives numbers that {ddl} cannot hold.")
        return NUMBER_METHODS[privacy.method](numbers)
    raise PrivacyError(attribute.name, str(privacy), _misfit(attribute, privacy))


def _accepting(privacy: Privacy) -> tuple[str, ...]:
    """The primitive types, text apart, that can hold what a method makes."""
    if privacy.method not in NUMBER_METHODS:
        return ()
    return ("double", "decimal") if privacy.method in _REAL else ("long", "short", "byte", "double", "decimal")


def _own_type(privacy: Privacy) -> str:
    return {"RANDOMDOUBLE": "DOUBLE", "RANDOMLONG": "BIGINT", "RANDOMINT": "INTEGER"}[privacy.method]


def _misfit(attribute: Attribute, privacy: Privacy) -> str:
    texts = () if privacy.method in NUMBER_METHODS and privacy.method not in _FROM_NOTHING else ("string",)
    fitting = ", ".join((*texts, *_accepting(privacy)))
    return (
        f"does not fit type {attribute.type.name}: input and privacy output type are not compatible. "
        f"Allowed: types of {fitting}; for others, SQL:<expression>."
    )
