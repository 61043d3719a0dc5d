import pandas as pd
import polars as pl


def parameters(
    orders: pl.DataFrame,
    order: pl.DataFrame,
    nothing: pl.DataFrame,
    frame: pd.DataFrame,
    limit: int = 3,
    missing: pl.DataFrame = "shop.nothing",
    far: pl.DataFrame = "elsewhere.rates",
    good: pl.DataFrame = "shop.orders",
    *,
    window,
    context,
):
    return orders
