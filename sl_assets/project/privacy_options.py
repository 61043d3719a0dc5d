"""`privacy:` of `application.sl.yml`: the project's own names of methods, and the secret key of keyed hashes."""

from collections.abc import Mapping
from pathlib import Path

from sl_assets.project.privacy import PrivacyNameError, PrivacyNames, read_option
from sl_assets.project.records import Privacy
from sl_assets.spec.application import PrivacySpec
from sl_assets.spec.findings import Findings
from sl_assets.spec.read import Source

SHORTEST_KEY = 16
"""Characters; a shorter key can be guessed from a few known values."""


def read_names(spec: PrivacySpec, source: Source, metadata: Path, findings: Findings) -> PrivacyNames:
    """The names of `privacy.options`, over Starlake's. Modules of the project are files of `<metadata>/privacy`."""
    options: dict[str, Privacy | None] = {}
    for name, text in spec.options.items():
        try:
            options[name.upper()] = read_option(text, metadata / "privacy")
        except PrivacyNameError as error:
            place, subject = source.place("options", name), source.subject("options", name)
            findings.error("SL250", place, subject, error.fact, error.hint)
            options[name.upper()] = None  # told here, once, and not at each attribute
    return PrivacyNames(options)


def read_key(spec: PrivacySpec, source: Source, environ: Mapping[str, str], findings: Findings) -> str | None:
    """The key of keyed hashes; None: there is none. No diagnostic shows it.

    SL251: it is too short. SL252: it is written in a file, where everybody who can read the project can read it.
    """
    key = spec.key.get_secret_value() if spec.key else ""
    if not key:
        return None
    place, subject = source.place("key"), source.subject("key")
    if len(key) < SHORTEST_KEY:
        hint = f"Take {SHORTEST_KEY} or more, such as those that `openssl rand -hex 32` prints."
        findings.error("SL251", place, subject, f"the key has only {len(key)} characters.", hint)
    if key not in environ.values():
        hint = 'Set SL_PRIVACY_KEY where the project runs, or write "{{NAME}}" of another environment variable.'
        findings.warning("SL252", place, subject, "the key stands in a file of the project.", hint)
    return key
