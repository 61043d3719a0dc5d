"""What `privacy:` of an attribute and `privacy.options` of the application say -> a method with its arguments.

Starlake's methods by its own class names (`ai.starlake.utils.Mask`), its predefined names (`hide10X`), and ours: HMAC_SHA256 and
functions in Python.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from sl_assets.project.function_files import read_function_files
from sl_assets.project.records import Privacy, PrivacyArgument, PythonFunction
from sl_assets.spec.findings import allowed

NAMES: Mapping[str, Privacy] = MappingProxyType(
    {
        "HIDE10X": Privacy("HIDE", ("X", 10)),
        "APPROXLONG20": Privacy("APPROXLONG", (20,)),
        "SHA-1": Privacy("SHA1"),
        "SHA-256": Privacy("SHA256"),
        "SHA-512": Privacy("SHA512"),
    }
)
"""Starlake's predefined names that are not the name of a method."""

HASHES = ("MD5", "SHA1", "SHA256", "SHA512", "HMAC_SHA256")

_OFF = frozenset({"", "NO", "NONE"})
_CALL = re.compile(r"(?P<name>[\w.\-]+)\s*(?:\((?P<arguments>.*)\))?", re.DOTALL)
_PYTHON = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<function>[A-Za-z_]\w*)\s*(?:\((?P<arguments>.*)\))?", re.DOTALL)
_ARGUMENT = re.compile(r"""\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<real>-?\d+\.\d+)|(?P<whole>-?\d+))\s*(?:,|$)""")
_JAVA_PACKAGES = ("ai.starlake.", "com.ebiznext.comet.")
_MOST = 1000
"""More characters than a mask needs."""


class PrivacyNameError(ValueError):
    """A privacy level that cannot be understood: the fact, and a hint with what is allowed."""

    def __init__(self, fact: str, hint: str) -> None:
        super().__init__(f"{fact} {hint}".strip())
        self.fact = fact
        self.hint = hint


@dataclass(frozen=True)
class _Method:
    """The arguments of a method: how many it may have, what they look like to a reader, and whether they are right."""

    counts: tuple[int, ...] = (0,)
    shown: str = ""
    fits: Callable[[tuple[PrivacyArgument, ...]], bool] = lambda _: True
    default: tuple[PrivacyArgument, ...] = ()


def _is_count(value: PrivacyArgument, least: int = 0, most: int = _MOST) -> bool:
    return isinstance(value, int) and least <= value <= most


def _is_mask(given: tuple[PrivacyArgument, ...]) -> bool:
    return isinstance(given[0], str) and len(given[0]) == 1 and all(_is_count(each) for each in given[1:])


def _are_bounds(given: tuple[PrivacyArgument, ...]) -> bool:
    numbers = [each for each in given if not isinstance(each, str)]
    return len(numbers) == len(given) and (not numbers or numbers[0] < numbers[1])


def _groups(most: int) -> Callable[[tuple[PrivacyArgument, ...]], bool]:
    return lambda given: _is_count(given[0], 1, most)


_BOUNDS = _Method((0, 2), "(low, high), numbers with low < high, or nothing", _are_bounds)
_PERCENT = _Method((0, 1), "(percent), from 1 to 100", lambda given: _is_count(given[0], 1, 100), (20,))

METHODS: Mapping[str, _Method] = MappingProxyType(
    {
        "HIDE": _Method((0, 2), '("X", 10), a text and how often', lambda given: not given or _is_hidden(given)),
        "MD5": _Method(),
        "SHA1": _Method(),
        "SHA256": _Method(),
        "SHA512": _Method(),
        "HMAC_SHA256": _Method(),
        "INITIALS": _Method(),
        "EMAIL": _Method(
            (0, 1), f'("SHA256"), one of {", ".join(HASHES)}', lambda given: _hash_of(given[0]) in HASHES, ("SHA256",)
        ),
        "IPV4": _Method((0, 1), "(1), the number of last groups to hide, from 1 to 4", _groups(4), (1,)),
        "IPV6": _Method((0, 1), "(4), the number of last groups to hide, from 1 to 8", _groups(8), (4,)),
        "MASK": _Method(
            (4,), '("*", 4, 1, 3): the character, how often, how many to show on the left and on the right', _is_mask
        ),
        "RANDOMDOUBLE": _BOUNDS,
        "RANDOMLONG": _BOUNDS,
        "RANDOMINT": _BOUNDS,
        "APPROXDOUBLE": _PERCENT,
        "APPROXLONG": _PERCENT,
    }
)
"""Every method by its name in capitals: Starlake's class names, and HMAC_SHA256."""


def _is_hidden(given: tuple[PrivacyArgument, ...]) -> bool:
    return isinstance(given[0], str) and len(given[0]) <= _MOST and _is_count(given[1])


def _hash_of(name: PrivacyArgument) -> str:
    return str(name).upper().replace("SHA-", "SHA")


@dataclass(frozen=True)
class PrivacyNames:
    """What names mean in one project: Starlake's, and those of its `privacy.options` in capitals."""

    options: Mapping[str, Privacy | None] = field(default_factory=dict[str, Privacy | None])

    @property
    def known(self) -> tuple[str, ...]:
        """All names, for hints; the project's own first."""
        return tuple(dict.fromkeys((*self.options, "NONE", *METHODS, *NAMES)))

    def read(self, text: str) -> Privacy | None:
        """The method of `privacy: <text>`; None: values are shown as they are.

        A project's names win over Starlake's. A text with a blank that is no call is a SQL expression, as in Starlake; `SQL:`
        says so for any.

        Raises:
            PrivacyNameError: The name is unknown, or its arguments are not what it takes.
        """
        text = text.strip()
        name = text.upper()
        if name in self.options:
            return self.options[name]
        if name in _OFF:
            return None
        if name.startswith("SQL:"):
            return _expression(text[4:].strip())
        call = _CALL.fullmatch(text)
        if call and (call["name"].upper() in {*METHODS, *NAMES, *_OFF} or " " not in text):
            return _method(call["name"], call["arguments"], self.known)
        if " " in text:
            return Privacy("SQL", (text,))
        raise PrivacyNameError(f'"{text}" is unknown.', f"{allowed(self.known, text)} Or SQL:<expression>.")


def needs_key(privacy: Privacy | None) -> bool:
    """Whether a method takes the secret key of the project."""
    return privacy is not None and (privacy.method == "HMAC_SHA256" or privacy.arguments[:1] == ("HMAC_SHA256",))


def read_option(text: str, folder: Path) -> Privacy | None:
    """The method of an entry of `privacy.options`: a class of Starlake's with its parameters, or `module:function`.

    Args:
        text: As written: `ai.starlake.utils.Mask("*", 4, 1, 3)`, `tokens:tokenise`.
        folder: Where modules of the project are; others are installed packages. Nothing is imported here.

    Raises:
        PrivacyNameError: It is neither, or its arguments are not what it takes.
    """
    function = _PYTHON.fullmatch(text.strip())
    if function:
        arguments = _arguments(function["arguments"], text)
        return Privacy("PYTHON", arguments, _python(folder, function["module"], function["function"]))
    call = _CALL.fullmatch(text.strip())
    name = call["name"] if call else ""
    package, _, simple = name.rpartition(".")
    if call is None or (package and not name.startswith(_JAVA_PACKAGES)):
        hint = f"{allowed(METHODS)} Or module:function, a function in Python; see docs/privacy.md."
        raise PrivacyNameError(f'"{text}" is no class of Starlake\'s.', hint)
    return _method(simple, call["arguments"], tuple(METHODS))


def _expression(text: str) -> Privacy:
    if not text:
        raise PrivacyNameError("SQL: has no expression.", "Write SQL:<expression>, such as SQL:upper(name).")
    return Privacy("SQL", (text,))


def _python(folder: Path, module: str, name: str) -> PythonFunction:
    file = folder.joinpath(*module.split(".")).with_suffix(".py")
    if file.is_file():
        return PythonFunction(module, name, read_function_files(file, folder).digest, file, folder)
    if module.partition(".")[0] in {*sys.stdlib_module_names, "sl_assets"}:
        fact = f'"{module}" belongs to Python itself or to sl_assets, and has no function on columns.'
        raise PrivacyNameError(fact, f"Name a module of {folder.name}/ beside application.sl.yml, or an installed package.")
    return PythonFunction(module, name)


def _method(name: str, written: str | None, known: tuple[str, ...]) -> Privacy | None:
    upper = name.upper()
    if upper in _OFF and written is None:
        return None
    if upper in NAMES and written is None:
        return NAMES[upper]
    method = METHODS.get(upper)
    if method is None:
        raise PrivacyNameError(f'"{name}" is unknown.', f"{allowed(known, name)} Or SQL:<expression>.")
    given = _arguments(written, name)
    if len(given) not in method.counts or (given and not method.fits(given)):
        takes = f"takes {method.shown}" if method.shown else "takes no arguments"
        raise PrivacyNameError(f"{upper} {takes}.", f"Found: ({(written or '').strip()}).")
    given = given or method.default
    return Privacy(upper, (_hash_of(given[0]),) if upper == "EMAIL" else given)


def _arguments(written: str | None, name: str) -> tuple[PrivacyArgument, ...]:
    """Literals between parentheses: `"X", 10`.

    Raises:
        PrivacyNameError: Something is no literal.
    """
    found: list[PrivacyArgument] = []
    position = 0
    text = (written or "").strip()
    while position < len(text):
        match = _ARGUMENT.match(text, position)
        if match is None:
            raise PrivacyNameError(
                f"the arguments of {name} cannot be read: ({text}).",
                'Write texts in quotes and numbers, with commas between: ("X", 10). An expression is written SQL:<expression>.',
            )
        texts = match["double"] if match["double"] is not None else match["single"]
        number = float(match["real"]) if match["real"] else int(match["whole"] or 0)
        found.append(number if texts is None else texts)
        position = match.end()
    return tuple(found)
