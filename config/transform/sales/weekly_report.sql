with weeks as (
    select
        date_trunc('week', day)::date as week,
        count(*) as days,
        sum(orders)::bigint as orders,
        sum(revenue) as revenue,
        arg_max(day, revenue) as best_day
    from sales.daily_revenue
    group by date_trunc('week', day)::date
),

articles as (
    select
        date_trunc('week', l.day)::date as week,
        p.name,
        sum(l.line_total) as revenue
    from sales.order_lines as l
    inner join starbake.products as p on l.product_id = p.product_id
    group by date_trunc('week', l.day)::date, p.name
),

best as (
    select
        week,
        arg_max(name, revenue) as best_product
    from articles
    group by week
)

select
    w.week,
    w.days,
    w.orders,
    w.revenue::decimal(10, 2) as revenue,
    (w.revenue / w.orders)::decimal(10, 2) as average_basket,
    w.best_day,
    b.best_product
from weeks as w
left join best as b on w.week = b.week
order by w.week
