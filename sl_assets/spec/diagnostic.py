"""What is wrong with a project, told so that a stranger can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sl_assets.spec.place import Place

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Diagnostic:
    """One finding about one place.

    `code` is stable (`SL101`), `subject` is the dotted key (`metadata.separator`) or the name it is about, `fact` says what is
    wrong, `hint` what is allowed or the likely fix.
    """

    severity: Severity
    code: str
    place: Place
    subject: str
    fact: str
    hint: str = ""

    def __str__(self) -> str:
        subject = f"{self.subject}: " if self.subject else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.place}  {self.severity}  {subject}{self.fact}{hint} [{self.code}]"


class ProjectError(Exception):
    """A project that cannot be used; carries every error found, not the first."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))
