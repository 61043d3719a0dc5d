"""The files that every contender reads. DuckDB writes them, in a process of its own, so that the measuring one stays small."""

import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

COLUMNS = {
    "id": ("long", "BIGINT"),
    "name": ("string", "VARCHAR"),
    "qty": ("long", "BIGINT"),
    "price": ("double", "DOUBLE"),
    "day": ("date", "DATE"),
    "ts": ("timestamp", "TIMESTAMPTZ"),
    "flag": ("boolean", "BOOLEAN"),
    "txt": ("string", "VARCHAR"),
    "cat": ("long", "BIGINT"),
    "amount": ("double", "DOUBLE"),
}
"""Name -> type in the project, type in DuckDB."""

DUCKDB_TYPES = {name: kind for name, (_, kind) in COLUMNS.items()}

_ROW = """i AS id, 'customer ' || (i % 1000) AS name, {qty} AS qty, round(random() * 1000, 2) AS price,
    DATE '2020-01-01' + CAST(i % 2000 AS INTEGER) AS day, strftime(TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND,
    '%Y-%m-%d %H:%M:%S') AS ts, i % 3 = 0 AS flag, 'some text ' || i AS txt, i % 50 AS cat, i * 1.5 AS amount"""
_GOOD = "(i * 7) % 10000"
_WRITE = """
import duckdb, sys
duckdb.execute("SET enable_progress_bar = false")
duckdb.execute("SET threads = 1")  # else random() gives other numbers in every run
duckdb.execute("SELECT setseed(0.5)")
duckdb.execute(sys.argv[1])
"""
_PIECE_ROWS = 500_000


def write_rows(path: Path, rows: int, bad_every: int = 0, *, header: bool = True) -> None:
    """One CSV file; with `bad_every`, the `qty` of one row in so many is a letter."""
    qty = f"CASE WHEN i % {bad_every} = 1 THEN 'x' ELSE ({_GOOD})::VARCHAR END" if bad_every else _GOOD
    select = f"SELECT {_ROW.format(qty=qty)} FROM range({rows}) t(i)"
    copy = f"COPY ({select}) TO '{path}' (FORMAT csv, HEADER {header})"
    subprocess.run([sys.executable, "-c", _WRITE, copy], check=True)


def bad_rows(rows: int, bad_every: int) -> int:
    """How many of the rows that `write_rows` writes are bad."""
    return len(range(1, rows, bad_every)) if bad_every else 0


def bad_rows_huge(rows: int, bad_every: int) -> int:
    """The same for `write_huge`."""
    return rows // _PIECE_ROWS * bad_rows(_PIECE_ROWS, bad_every)


def write_small_files(folder: Path, files: int, rows: int = 10) -> None:
    """Files of about a kilobyte, each with other rows."""
    whole = folder / "whole.csv"
    write_rows(whole, files * rows)
    with whole.open() as lines:
        header = next(lines)
        for number in range(files):
            (folder / f"goods{number:04}.csv").write_text(header + "".join(islice(lines, rows)))
    whole.unlink()


def write_huge(path: Path, gigabytes: float, bad_every: int = 0) -> int:
    """One file of so many GB (10^9 bytes): a piece of 50 MB again and again. Returns its rows."""
    piece = path.with_name("piece.csv")
    write_rows(piece, _PIECE_ROWS, bad_every, header=False)
    times = max(1, round(gigabytes * 1e9 / piece.stat().st_size))
    with path.open("wb") as whole:
        whole.write((",".join(COLUMNS) + "\n").encode())
        for _ in range(times):
            with piece.open("rb") as handle:
                shutil.copyfileobj(handle, whole, 2**22)
    piece.unlink()
    return times * _PIECE_ROWS
