"""Validated load against DuckDB's own typed read, as a ratio: `python benchmarks/validation.py [rows]`."""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb

from sl_assets import formats
from sl_assets.project.records import Attribute, Format, Privacy, Table, TableKey, Type
from sl_assets.validation import compile_validation

NUMBER = r"[-+]?\d*\.?\d+[Ee]?[-+]?\d*"
STRING = Type("string", "string", ".*", "VARCHAR")
LONG = Type("long", "long", r"-?\d+", "BIGINT")
INT = Type("int", "long", "[-|+|0-9][0-9]*", "INTEGER")
DOUBLE = Type("double", "double", NUMBER, "DOUBLE")
DATE = Type("date", "date", "yyyy-MM-dd", "DATE")
TIMESTAMP = Type("timestamp", "timestamp", "yyyy-MM-dd HH:mm:ss", "TIMESTAMPTZ")
LOCAL = Type("timestamp", "timestamp", "yyyy-MM-dd HH:mm:ss", "TIMESTAMP")
BOOLEAN = Type("boolean", "boolean", "(?i)true|yes|[y1]|t<-TF->(?i)false|no|[n0]|f", "BOOLEAN")
DECIMAL = Type("decimal", "decimal", NUMBER, "DECIMAL(38,9)")
CODE = Type("code", "string", "name_[0-9]+", "VARCHAR")

SQL = """SELECT (i * 7919) % 5000000 AS a, 'name_' || (i % 1000) AS b, i % 97 AS c, round(random() * 1000, 2) AS d,
round(random() * 100, 2) AS e, i % 2 = 0 AS f, DATE '2020-01-01' + (i % 1500)::INTEGER AS g,
TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND AS h, 'some longer text here ' || i AS k, i * 1000003 AS l FROM range({rows}) t(i)"""

MIXES = {
    "built-in types, TIMESTAMPTZ": (LONG, STRING, INT, DOUBLE, DOUBLE, BOOLEAN, DATE, TIMESTAMP, STRING, LONG),
    "built-in types, plain TIMESTAMP": (LONG, STRING, INT, DOUBLE, DOUBLE, BOOLEAN, DATE, LOCAL, STRING, LONG),
    "with one DECIMAL(38,9)": (LONG, STRING, INT, DOUBLE, DECIMAL, BOOLEAN, DATE, LOCAL, STRING, LONG),
    "regex, trim, md5 on half": (LONG, CODE, INT, DOUBLE, DOUBLE, BOOLEAN, DATE, LOCAL, STRING, LONG),
}


def table_of(kinds: tuple[Type, ...], *, heavy: bool) -> Table:
    attributes = [Attribute(name, name, kind) for name, kind in zip("abcdefghkl", kinds, strict=True)]
    if heavy:
        attributes[1] = replace(attributes[1], trim="BOTH")
        attributes[8] = replace(attributes[8], trim="BOTH", privacy=Privacy("MD5"))
        attributes[9] = replace(attributes[9], required=True)
        attributes.append(Attribute("m", "m", INT, script="year(g)"))
    return Table(TableKey("b", "t"), "t", "b", ".*", tuple(attributes), Format(), Path("t.sl.yml"))


def timed(work: Callable[[duckdb.DuckDBPyConnection], None], folder: Path) -> float:
    path = folder / "b.db"
    with duckdb.connect(path) as connection:
        start = time.perf_counter()
        work(connection)
        taken = time.perf_counter() - start
    path.unlink()
    return taken


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = str(folder / "big.csv")
        duckdb.execute(f"COPY ({SQL.format(rows=rows)}) TO '{file}' (HEADER, DELIMITER ';')")
        for title, kinds in MIXES.items():
            table = table_of(kinds, heavy=title.startswith("regex"))
            types = ", ".join(f"{a.name}: '{a.type.ddl}'" for a in table.attributes if a.script is None)

            def bare(connection: duckdb.DuckDBPyConnection, types: str = types) -> None:
                connection.execute(f"CREATE TABLE t AS FROM read_csv('{file}', delim=';', header=true, columns={{{types}}})")

            def ours(connection: duckdb.DuckDBPyConnection, table: Table = table) -> None:
                (reading,) = formats.readings(table, [file], connection)
                connection.execute(f"CREATE TEMP TABLE batch AS {compile_validation(table, reading, timezone='UTC')}")
                connection.execute("CREATE TABLE t AS SELECT * EXCLUDE (sl_file, sl_errors) FROM batch WHERE sl_errors IS NULL")

            turns = [
                (timed(bare, folder), timed(ours, folder)) for _ in range(4)
            ]  # in turn, best of each: others use the machine too
            plain, checked = (min(times) for times in zip(*turns, strict=True))
            print(f"{checked / plain:5.2f} x   {checked:6.2f} s against {plain:6.2f} s   {title}")


if __name__ == "__main__":
    main()
