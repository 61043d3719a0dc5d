with monthly as (
    select
        date_trunc('month', day)::date as month,
        product_id,
        sum(quantity)::bigint as pieces,
        sum(line_total)::decimal(10, 2) as revenue
    from sales.order_lines
    group by date_trunc('month', day)::date, product_id
),

ranked as (
    select
        month,
        -- the number of the article decides between equals, so that the list is the same at every run
        row_number() over (partition by month order by revenue desc, product_id) as rank,
        product_id,
        pieces,
        revenue
    from monthly
)

select
    r.month,
    r.rank,
    r.product_id,
    p.name,
    p.category,
    r.pieces,
    r.revenue
from ranked as r
inner join starbake.products as p on r.product_id = p.product_id
where r.rank <= {{ top_sellers }}
order by r.month, r.rank
