with sold as (
    select
        product_id,
        sum(quantity)::bigint as pieces,
        sum(line_total) as revenue
    from sales.order_lines
    group by product_id
)

select
    c.product_id,
    c.name,
    c.category,
    c.price,
    c.recipe_cost,
    round(c.price - c.recipe_cost, 4) as margin,
    round((c.price - c.recipe_cost) / c.price, 4) as margin_rate,
    -- an article that nobody bought stays in the list
    coalesce(s.pieces, 0)::bigint as pieces,
    coalesce(s.revenue, 0)::decimal(10, 2) as revenue,
    (coalesce(s.revenue, 0) - coalesce(s.pieces, 0) * c.recipe_cost)::decimal(10, 2) as profit
from sales.product_costs as c
left join sold as s on c.product_id = s.product_id
order by profit desc
