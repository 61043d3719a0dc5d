r"""How a file quotes, told by looking: most files do not quote at all, and those that do take one more look.

DuckDB pads short records only while no quoted field holds a line break, and reads a file with both only on one thread, where it
would swallow an unterminated quote silently; so the way to read is chosen per file. An escape that the file never uses gives way
to the doubled quote (`"a ""b"" c"`), which is how nearly every program writes quotes although Starlake's default escape is `\`.
"""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import duckdb

from sl_assets.formats.dsv_dialect import NEVER, Dialect, scan_options
from sl_assets.formats.reader import file_list
from sl_assets.sql.text import quote_name, quote_text

CHUNK = 1 << 24
PIECE = 1 << 20  # what a processor keeps at hand


def dialect_for(file: str, dialect: Dialect, columns: int, skip: int, connection: duckdb.DuckDBPyConnection) -> Dialect:
    """The dialect that reads this very file."""
    quoted, escaped = _quotes(file, dialect)
    if not quoted:
        return dialect.with_escape(dialect.quote)
    exact = dialect if escaped else dialect.with_escape(dialect.quote)
    if not _breaks_in_quotes(file, exact, connection):
        return exact
    return _for_line_breaks(file, exact, columns, skip, connection)


def _quotes(file: str, dialect: Dialect) -> tuple[bool, bool]:
    if not dialect.quote or Path(file).stat().st_size == 0:
        return False, False
    quoted = _contains(file, dialect.quote.encode())
    escaped = quoted and _contains(file, (dialect.escape + dialect.quote).encode())
    return quoted, escaped


def _breaks_in_quotes(file: str, dialect: Dialect, connection: duckdb.DuckDBPyConnection) -> bool:
    if _contains(file, b"\r"):  # where lines end in CR LF, DuckDB does not see a lone LF inside quotes as the end of a line
        return _breaks_in_bytes(file, dialect)
    options = {
        "auto_detect": "false",
        "header": "false",
        "delim": quote_text("\x1d\x1e"),
        "quote": "''",
        "escape": "''",
        "nullstr": quote_text(NEVER),
        "columns": "{raw: 'VARCHAR'}",
        "ignore_errors": "true",
    }
    arguments = ", ".join(f"{key}={value}" for key, value in options.items())
    quote = quote_text(dialect.quote)
    odd = f"(length(raw) - length(replace(raw, {quote}, ''))) % 2 = 1"
    sql = f"SELECT 1 FROM read_csv({file_list([file])}, {arguments}) WHERE {odd} LIMIT 1"
    try:
        return connection.execute(sql).fetchone() is not None
    except duckdb.Error:  # bytes of another encoding
        return _breaks_in_bytes(file, dialect)


def _contains(file: str, text: bytes) -> bool:
    """Whether a file has some bytes anywhere, read piece by piece: a file that is mapped counts as memory of the process."""
    overlap = len(text) - 1
    piece = bytearray(overlap + PIECE)
    with Path(file).open("rb", buffering=0) as stream, memoryview(piece) as view:
        kept = 0
        while got := stream.readinto(view[kept:]):
            end = kept + got
            if piece.find(text, 0, end) >= 0:
                return True
            kept = min(overlap, end)
            view[:kept] = bytes(view[end - kept : end])
    return False


def _breaks_in_bytes(file: str, dialect: Dialect) -> bool:
    quote = dialect.quote.encode()
    inside = False
    with Path(file).open("rb") as stream:
        while chunk := stream.read(CHUNK):
            parts = chunk.split(quote)
            if b"\n" in b"".join(parts[0 if inside else 1 :: 2]):
                return True
            inside ^= len(parts) % 2 == 0
    return False


def _for_line_breaks(file: str, dialect: Dialect, columns: int, skip: int, connection: duckdb.DuckDBPyConnection) -> Dialect:
    unpadded = replace(dialect, padded=False)
    faults = _faults(file, scan_options(unpadded, columns, skip, empty_is_null=True), connection)
    if "MISSING COLUMNS" in faults and "UNQUOTED VALUE" not in faults:
        return replace(dialect, padded=True, parallel=False)
    return unpadded


def _faults(file: str, scan: str, connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    prefix = f"sl_quotes_{uuid4().hex}"
    errors, scans = f"{prefix}_errors", f"{prefix}_scans"
    rejects = f"store_rejects=true, rejects_limit=0, rejects_table={quote_text(errors)}, rejects_scan={quote_text(scans)}"
    connection.execute(f"SELECT count(COLUMNS(*)) FROM read_csv({file_list([file])}, {scan}, {rejects})").fetchall()
    rows = connection.execute(f"SELECT DISTINCT error_type::VARCHAR FROM {quote_name(errors)}").fetchall()
    for table in (errors, scans):
        connection.execute(f"DROP TABLE {quote_name(table)}")
    return frozenset(str(row[0]) for row in rows)
