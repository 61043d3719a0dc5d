"""What a format hands to validation: a SELECT over files of one shape, and what is needed to go back to their lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sl_assets.project.records import Format

Representation = Literal["text", "json", "typed"]


@dataclass(frozen=True)
class Reading:
    """Files of one shape as one relation.

    Attributes:
        files: Paths in load order.
        sql: A SELECT of `sl_file` (the path exactly as given) and one raw column per attribute found in the files, named by the
            attribute's `source`; rows come in file order and, within a file, in record order.
        representation: `text`: raw columns are VARCHAR. `json`: they are JSON (a JSON null and a missing key are both NULL).
            `typed`: they have the type of the attribute's column already.
        present: Top-level attribute sources found in the files.
        rejects: Name prefix of the two reject tables DuckDB fills while `sql` runs, unique to this reading; None: nothing is
            refused record by record. Run `sql` once only: a second run would report every refused record again.
        format: How the files are written down.
        scan: Arguments of DuckDB's reader function after the list of files, without the reject tables.
        skip: Records before the first data record of each file (skipped ones and the header).
        by_line: Whether each record is one line; False: a record may span lines.
        kinds: Source -> its representation, for columns that have another one than `representation`.
        copied: Where the reader reads copies of the files (unpacked ones): the reading of the copies, in the same order.
        kept: Whatever must exist for as long as the reading does, such as the temporary folder of the copies.
    """

    files: tuple[str, ...]
    sql: str
    representation: Representation
    present: frozenset[str]
    rejects: str | None = None
    format: Format = field(default_factory=Format)
    scan: str = ""
    skip: int = 0
    by_line: bool = True
    kinds: Mapping[str, Representation] = field(default_factory=dict[str, Representation])
    copied: "Reading | None" = None
    kept: object = field(default=None, compare=False, repr=False)
