with days_open as (
    select
        isodow(day) as weekday,
        count(distinct day) as days
    from sales.order_lines
    group by isodow(day)
),

hours as (
    select
        isodow(day) as weekday,
        hour(ordered_at) as hour_of_day,
        count(distinct order_id) as orders,
        sum(line_total) as revenue
    from sales.order_lines
    group by isodow(day), hour(ordered_at)
)

select
    h.weekday::integer as weekday,
    h.hour_of_day::integer as hour,
    d.days,
    round(h.orders / d.days, 2) as orders_per_day,
    (h.revenue / d.days)::decimal(10, 2) as revenue_per_day
from hours as h
inner join days_open as d on h.weekday = d.weekday
order by h.weekday, h.hour_of_day
