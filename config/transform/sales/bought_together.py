"""Which articles are bought together, and how much oftener than chance would have it."""

import polars as pl

AT_LEAST = 20  # orders: what is rarer says nothing


def bought_together(order_lines: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each pair of articles that enough orders have both of."""
    basket = order_lines.select("order_id", "product_id").unique()
    share = 1 / basket.select(pl.col("order_id").n_unique()).collect().item()
    sold = basket.group_by("product_id").agg(sold=pl.len() * share).join(products, on="product_id")
    first = sold.select("product_id", product="name", first="sold")
    second = sold.select(other_id="product_id", other_product="name", second="sold")
    return (
        basket.join(basket.rename({"product_id": "other_id"}), on="order_id")
        .filter(pl.col("product_id") < pl.col("other_id"))
        .group_by("product_id", "other_id")
        .agg(orders=pl.len().cast(pl.Int64))
        .filter(pl.col("orders") >= AT_LEAST)
        .join(first, on="product_id")
        .join(second, on="other_id")
        .select(
            "product",
            "other_product",
            "orders",
            share_of_orders=(pl.col("orders") * share).round(4),
            lift=(pl.col("orders") * share / pl.col("first") / pl.col("second")).round(2),
        )
        .sort("lift", "product", "other_product", descending=[True, False, False])
    )
