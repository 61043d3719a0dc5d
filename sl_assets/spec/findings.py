"""Where the readers of a project put what they find, so that everything is told at once and not the first only."""

import difflib
from collections.abc import Iterable

from sl_assets.spec.codes import CODES
from sl_assets.spec.diagnostic import Diagnostic, Severity
from sl_assets.spec.place import Place

_SHORTEST_BEGINNING = 3
"""From so many letters on, the beginning of a word is enough to suggest it."""


class Findings:
    """A growing set of diagnostics; handed down, read once at the end.

    Example:
        >>> from pathlib import Path
        >>> findings = Findings()
        >>> findings.error("SL105", Place(Path("a.sl.yml"), 3, 1), "table.nmae", "is unknown.", 'Did you mean "name"?')
        >>> len(findings.sorted())
        1
    """

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}

    def error(self, code: str, place: Place, subject: str, fact: str, hint: str = "") -> None:
        """Note something that makes the project unusable."""
        self._add("error", code, place, subject, fact, hint)

    def warning(self, code: str, place: Place, subject: str, fact: str, hint: str = "") -> None:
        """Note something that works, but hardly as its author thinks."""
        self._add("warning", code, place, subject, fact, hint)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take over what somebody else found."""
        for diagnostic in diagnostics:
            self._found.setdefault(diagnostic)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Everything found, each once, by place, then code, then subject."""
        return tuple(sorted(self._found, key=lambda one: (one.place, one.code, one.subject, one.fact)))

    def _add(self, severity: Severity, code: str, place: Place, subject: str, fact: str, hint: str) -> None:
        if code not in CODES:
            raise KeyError(code)
        self._found.setdefault(Diagnostic(severity, code, place, subject, fact, hint))


def suggest(word: str, known: Iterable[str]) -> str:
    """The hint for a misspelt word: `Did you mean "name"?`, or nothing when no known word is close. Case does not count."""
    by_fold = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    fold = word.casefold()
    longer = [candidate for candidate in by_fold if len(fold) >= _SHORTEST_BEGINNING and candidate.startswith(fold)]
    close = difflib.get_close_matches(fold, by_fold, n=1, cutoff=0.7) or sorted(longer, key=len)
    return f'Did you mean "{by_fold[close[0]]}"?' if close else ""


def allowed(known: Iterable[str], word: str = "") -> str:
    """The hint that lists what is allowed, the likely fix first.

    Example:
        >>> allowed(["name", "pattern"], "nmae")
        'Did you mean "name"? Allowed: name, pattern.'
    """
    known = list(known)
    listing = f"Allowed: {', '.join(known)}." if known else ""
    return " ".join(part for part in (suggest(word, known) if word else "", listing) if part)
