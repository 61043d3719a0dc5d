import polars as pl


def marked(rows: pl.LazyFrame, mark: str) -> pl.LazyFrame:
    return rows.with_columns(mark=pl.lit(mark))
