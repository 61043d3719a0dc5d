"""Files in the syntax before version 1, written in today's: the same rules as for reading them, on the text."""

from dataclasses import dataclass
from pathlib import Path

from sl_assets.spec.base import key_names
from sl_assets.spec.findings import Findings
from sl_assets.spec.kinds import Kind
from sl_assets.spec.old_syntax import Change, modernize
from sl_assets.spec.read import root_key
from sl_assets.spec.shape import slots
from sl_assets.spec.text_editor import TextEditor
from sl_assets.spec.tree import Tree
from sl_assets.spec.yaml import parse_yaml


class MigrationError(Exception):
    """A file that cannot be changed by itself; the message says why."""


@dataclass(frozen=True)
class Migrated:
    """A file in today's syntax, and what was changed in it; `version: 1` is in it besides."""

    text: str
    changes: tuple[Change, ...]


def migrate_text(text: str, file: Path, kind: Kind) -> Migrated | None:
    """Write a file in today's syntax, its comments kept; None for one that says its version.

    The result is proved before it is given out: it says what the old file is read as, and nothing else.

    Raises:
        MigrationError: The file is no YAML while its templates are not rendered, or the proof failed.
    """
    document = parse_yaml(text, file, Findings())
    if document is None:
        raise MigrationError("is no YAML before its templates are rendered; put quotes around them, or change it by hand.")
    if not document.data or (isinstance(document.data, dict) and document.data.get("version") is not None):
        return None
    root = root_key(kind.model)
    inner = slots(kind.model)[root].model
    known = key_names(inner) if inner else ()
    tree = Tree(document)
    changes = modernize(tree, root, known)
    editor = TextEditor(text.replace("\r\n", "\n"), file)
    try:
        modernize(editor, root, known)
        editor.say_version()
    except (KeyError, IndexError, StopIteration) as error:
        raise MigrationError("cannot be changed without changing how it is laid out; change it by hand.") from error
    expected = tree.document.data
    if not isinstance(expected, dict) or editor.get(()) != {**expected, "version": "1"}:
        raise MigrationError("cannot be changed without changing what else it says; change it by hand.")
    return Migrated(editor.text.replace("\n", "\r\n") if "\r\n" in text else editor.text, tuple(changes))
