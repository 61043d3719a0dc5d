"""dlt's documented way from CSV to DuckDB; run by the Python of dlt's own virtual environment, never imported by the benchmark.

    python dlt_pipeline.py read_csv|read_csv_duckdb FOLDER DATABASE [--ignore-errors]

`read_csv` is what dlt's documentation begins with: pandas, then dictionaries; the types are hints, and a row that does not
fit them is dropped by the contract `discard_row`. `read_csv_duckdb` is the fastest it documents: DuckDB's own reader and
types, handed on as Arrow, so dlt itself looks at no value and knows no contract for rows. With `--ignore-errors` that reader
drops the rows it cannot convert; without, it fails at the first.
"""

import json
import os
import sys
import time
from pathlib import Path

HINTS = {
    "BIGINT": "bigint",
    "VARCHAR": "text",
    "DOUBLE": "double",
    "DATE": "date",
    "TIMESTAMPTZ": "timestamp",
    "BOOLEAN": "bool",
}
ARROW_ROWS = 100_000  # twice as fast as the default of 5 000


def main(reader: str, folder: Path, database: Path, *, ignore_errors: bool) -> None:
    """Load all CSV files of a folder; prints seconds (imports left out) and rows as JSON."""
    columns = json.loads(os.environ["BENCHMARK_COLUMNS"])
    import dlt
    import duckdb
    import pandas as pd  # noqa: F401 - its import is not what is measured
    import pyarrow as pa  # noqa: F401
    from dlt.sources.filesystem import filesystem, read_csv, read_csv_duckdb

    began = time.perf_counter()
    files = filesystem(bucket_url=folder.as_uri(), file_glob="*.csv")
    if reader == "read_csv":
        records = files | read_csv()
        records.apply_hints(
            columns={name: {"data_type": HINTS[kind]} for name, kind in columns.items()},
            schema_contract={"data_type": "discard_row"},
        )
    else:
        options = {"header": True, "dtype": columns, "ignore_errors": ignore_errors}
        records = files | read_csv_duckdb(chunk_size=ARROW_ROWS, use_pyarrow=True, **options)
    pipeline = dlt.pipeline(
        pipeline_name="benchmark",
        pipelines_dir=str(database.parent / "pipelines"),
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="shop",
    )
    pipeline.run(records.with_name("goods"), write_disposition="append").raise_on_failed_jobs()
    seconds = time.perf_counter() - began
    with duckdb.connect(database, read_only=True) as connection:
        counted = connection.execute("SELECT count(*) FROM shop.goods").fetchall()
    print(json.dumps({"seconds": seconds, "accepted": counted[0][0]}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), ignore_errors="--ignore-errors" in sys.argv[4:])
