"""What some methods need in the connection: the pads of the keyed hash, and functions in Python over distinct values.

Nothing of the key is in any SQL text.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import duckdb
import pyarrow as pa

from sl_assets.project import functions
from sl_assets.project.privacy import needs_key
from sl_assets.project.records import Attribute, Privacy, PythonFunction
from sl_assets.validation.errors import PrivacyError

INNER_PAD, OUTER_PAD = "sl_privacy_inner", "sl_privacy_outer"
SHA512 = "sl_privacy_sha512"
WHERE = "Hint: modules are files of privacy/ or installed packages."
_BLOCK = 64  # bytes that SHA-256 takes at a time
_REMEMBERED = 50_000  # digests of values that may come again

arrow = cast("Any", pa)  # it has no types
Column = Callable[[Any], Any]
"""A `pyarrow.ChunkedArray` of texts -> a `pyarrow.StringArray` of as many."""


class PrivacyFunctionError(Exception):
    """A project's function failed; says how, never with which value."""


def function_name(privacy: Privacy) -> str:
    """The name in SQL of the function behind a method: the same for the same code and arguments."""
    digest = privacy.function.digest if privacy.function else ""
    return f"sl_privacy_{hashlib.sha256(f'{privacy} {digest}'.encode()).hexdigest()[:16]}"


def prepare(connection: duckdb.DuckDBPyConnection, attribute: Attribute, privacy: Privacy, key: str | None) -> None:
    """Give a connection what the SQL of a method calls; nothing when it is there already.

    Raises:
        PrivacyError: The method needs a key and there is none, or its function cannot be had.
    """
    if needs_key(privacy):
        _set_pads(connection, attribute, privacy, key)
    if privacy.method == "PYTHON":
        _register(connection, function_name(privacy), _calling(load_function(attribute, privacy), privacy))
    elif "SHA512" in (privacy.method, *privacy.arguments):
        _register(connection, SHA512, _sha512())


def load_function(attribute: Attribute, privacy: Privacy) -> Callable[..., Any]:
    """Import the function of a `PYTHON` method.

    Raises:
        PrivacyError: There is no such module or function, or the module cannot be imported.
    """
    wanted = cast("PythonFunction", privacy.function)
    try:
        return functions.load_function(wanted)
    except functions.FunctionError as error:
        cause = error.__cause__
        reason = error.fact if cause is None else f"cannot be imported: {type(cause).__name__}: {cause}. {WHERE}"
        raise PrivacyError(attribute.name, str(wanted), reason) from cause


def _set_pads(connection: duckdb.DuckDBPyConnection, attribute: Attribute, privacy: Privacy, key: str | None) -> None:
    if key is None:
        raise PrivacyError(attribute.name, str(privacy), "needs a key. Hint: set the environment variable SL_PRIVACY_KEY.")
    secret = key.encode()
    block = (hashlib.sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
    for name, mask in ((INNER_PAD, 0x36), (OUTER_PAD, 0x5C)):
        connection.execute(f"SET VARIABLE {name} = $pad", {"pad": bytes(byte ^ mask for byte in block)})


def _register(connection: duckdb.DuckDBPyConnection, name: str, function: Column) -> None:
    try:
        connection.create_function(name, function, ["VARCHAR"], "VARCHAR", type="arrow", null_handling="special")  # type: ignore[arg-type]
    except duckdb.NotImplementedException:
        return  # made for an earlier table of this connection


def _sha512() -> Column:
    """Distinct values of some thousand rows are hashed once, and those that came shortly before not again."""

    @lru_cache(maxsize=_REMEMBERED)
    def digest(value: bytes) -> str:
        return hashlib.sha512(value).hexdigest()

    def call(values: Any) -> Any:
        distinct = _encoded(values)
        found = [digest(value) for value in distinct.dictionary.cast(arrow.binary()).to_pylist()]
        return arrow.array(found, arrow.string()).take(distinct.indices)

    return call


def _calling(function: Callable[..., Any], privacy: Privacy) -> Column:
    def call(values: Any) -> Any:
        distinct = _encoded(values)
        try:
            made = function(distinct.dictionary, *privacy.arguments)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's function raises
            failure = f"{privacy} failed with {type(error).__name__}; its message may hold values and is not shown."
        else:
            if isinstance(made, arrow.Array) and arrow.types.is_string(made.type) and len(made) == len(distinct.dictionary):
                return made.take(distinct.indices)
            failure = f"{privacy} must give one text for each, as a pyarrow StringArray; it gave {_kind(made)}."
        raise PrivacyFunctionError(failure)

    return call


def _kind(made: Any) -> str:
    return f"{len(made)} of {made.type}" if isinstance(made, arrow.Array) else type(made).__name__


def _encoded(values: Any) -> Any:
    """Distinct texts and where each row finds its own; a NULL finds none."""
    return arrow.concat_arrays(values.chunks or [arrow.array([], arrow.string())]).dictionary_encode()
