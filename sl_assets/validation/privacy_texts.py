"""Methods on text: what Starlake's `TransformEngine` makes of a string, as SQL over columns."""

from collections.abc import Callable

from sl_assets.project.records import Privacy, PrivacyArgument
from sl_assets.sql.text import quote_text
from sl_assets.validation.privacy_functions import INNER_PAD, OUTER_PAD, SHA512, function_name


def hidden_text(privacy: Privacy, value: str) -> str:
    """SQL of what a method makes of a text (SQL, repeated); NULL of NULL."""
    if privacy.method == "PYTHON":
        return f"{function_name(privacy)}({value})"
    if privacy.method in _HASHES:
        return _HASHES[privacy.method](value)
    return _SHAPES[privacy.method](value, privacy.arguments)


def _keyed(value: str) -> str:
    """HMAC-SHA-256 by its definition (RFC 2104), at the engine's speed. The pads, made of the key, are session variables."""
    inner = f"sha256({_pad(INNER_PAD)} || encode({value}))"
    return f"sha256({_pad(OUTER_PAD)} || unhex({inner}))"


def _pad(name: str) -> str:
    return f"coalesce(getvariable({quote_text(name)}), CAST(error('no key was prepared') AS BLOB))"


_HASHES: dict[str, Callable[[str], str]] = {
    "MD5": lambda value: f"md5({value})",
    "SHA1": lambda value: f"sha1({value})",
    "SHA256": lambda value: f"sha256({value})",
    "SHA512": lambda value: f"{SHA512}({value})",
    "HMAC_SHA256": _keyed,
}


def _constant(value: str, given: tuple[PrivacyArgument, ...]) -> str:
    text = str(given[0]) * int(given[1]) if given else ""
    return f"CASE WHEN {value} IS NOT NULL THEN {quote_text(text)} END"


def _initials(value: str, _given: tuple[PrivacyArgument, ...]) -> str:
    r"""White space is that of Java's `\s`; Starlake fails on a text that begins with it, or is empty."""
    words = rf"regexp_extract_all({value}, '[^ \t\n\x0B\f\r]+')"
    return f"array_to_string(list_transform({words}, lambda word: left(word, 1) || '.'), '')"


def _email(value: str, given: tuple[PrivacyArgument, ...]) -> str:
    """The part before the last `@` is hashed; what is no address is hashed whole, where Starlake fails."""
    digest = _HASHES[str(given[0])]
    pattern = quote_text(r"(?s)^(.*)@([^@]*)$")
    local, domain = (f"regexp_extract({value}, {pattern}, {group})" for group in (1, 2))
    return f"CASE WHEN contains({value}, '@') THEN {digest(local)} || '@' || {domain} ELSE {digest(value)} END"


def _address(separator: str) -> Callable[[str, tuple[PrivacyArgument, ...]], str]:
    """The last groups become 0. A text of fewer groups is hidden whole."""

    def masked(value: str, given: tuple[PrivacyArgument, ...]) -> str:
        count, quoted = int(given[0]), quote_text(separator)
        groups = f"string_split({value}, {quoted})"
        zeros = ", ".join(["'0'"] * count)
        kept = f"list_slice({groups}, 1, greatest(len({groups}) - {count}, 0))"
        return f"CASE WHEN {value} IS NOT NULL THEN array_to_string(list_concat({kept}, [{zeros}]), {quoted}) END"

    return masked


def _mask(value: str, given: tuple[PrivacyArgument, ...]) -> str:
    """Of a text with nothing between its two ends only the mask is left; Starlake would show all of it."""
    character, count, left, right = str(given[0]), int(given[1]), int(given[2]), int(given[3])
    mask = quote_text(character * count)
    shown = f"left({value}, {left}) || {mask} || right({value}, {right})"
    return f"CASE WHEN length({value}) > {left + right} THEN {shown} WHEN {value} IS NOT NULL THEN {mask} END"


_SHAPES: dict[str, Callable[[str, tuple[PrivacyArgument, ...]], str]] = {
    "HIDE": _constant,
    "INITIALS": _initials,
    "EMAIL": _email,
    "IPV4": _address("."),
    "IPV6": _address(":"),
    "MASK": _mask,
}
