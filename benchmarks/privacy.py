"""What each privacy method costs on one column of five: `python benchmarks/privacy.py [rows]`.

Ratios to the same load without privacy, by the clock and by the processors' time; the second counts when others use the machine.
"""

import sys
import tempfile
import time
from pathlib import Path

import duckdb

from sl_assets import formats
from sl_assets.project.privacy import PrivacyNames, read_option
from sl_assets.project.records import Attribute, Format, Privacy, Table, TableKey, Type
from sl_assets.validation import compile_validation, prepare_privacy

STRING = Type("string", "string", ".*", "VARCHAR")
LONG = Type("long", "long", r"-?\d+", "BIGINT")
KEY = "no secret, only long enough"
SQL = """SELECT i AS a, 'person ' || (i % 1000) AS b, 'some longer text here ' || i AS c, i * 3 AS d,
'u' || i || '@example.com' AS e FROM range({rows}) t(i)"""
COLUMNS = {"b": "1000 distinct", "c": "all distinct"}
METHODS = (
    "HIDE10X",
    "MD5",
    "SHA1",
    "SHA256",
    "HMAC_SHA256",
    "INITIALS",
    "EMAIL",
    'MASK("*", 4, 1, 1)',
    "IPV4",
    "SHA512",
    "own:upper",
)
FUNCTION = "import pyarrow.compute as pc\n\ndef upper(values):\n    return pc.utf8_upper(values)\n"


def table_of(private: str = "", privacy: Privacy | None = None) -> Table:
    kinds = {"a": LONG, "b": STRING, "c": STRING, "d": LONG, "e": STRING}
    attributes = tuple(Attribute(name, name, kind, privacy=privacy if name == private else None) for name, kind in kinds.items())
    return Table(TableKey("b", "t"), "t", "b", ".*", attributes, Format(), Path("t.sl.yml"))


def timed(table: Table, file: str, database: Path) -> tuple[float, float]:
    with duckdb.connect(database) as connection:
        clock, processors = time.perf_counter(), time.process_time()
        prepare_privacy(connection, table, KEY)
        (reading,) = formats.readings(table, [file], connection)
        connection.execute(f"CREATE TEMP TABLE batch AS {compile_validation(table, reading, timezone='UTC')}")
        connection.execute("CREATE TABLE t AS SELECT * EXCLUDE (sl_file, sl_errors) FROM batch WHERE sl_errors IS NULL")
        taken = time.perf_counter() - clock, time.process_time() - processors
    database.unlink()
    return taken


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, database = str(folder / "big.csv"), folder / "b.db"
        (folder / "own.py").write_text(FUNCTION)
        duckdb.execute(f"COPY ({SQL.format(rows=rows)}) TO '{file}' (HEADER, DELIMITER ';')")
        for method in METHODS:
            privacy = read_option(method, folder) if ":" in method else PrivacyNames().read(method)
            for column, title in COLUMNS.items():
                turns = [(timed(table_of(), file, database), timed(table_of(column, privacy), file, database)) for _ in range(2)]
                plain, private = ([min(times) for times in zip(*each, strict=True)] for each in zip(*turns, strict=True))
                ratios = [own / other for own, other in zip(private, plain, strict=True)]
                print(f"{ratios[0]:5.2f} x clock  {ratios[1]:5.2f} x processors   {method}, {title}", flush=True)


if __name__ == "__main__":
    main()
