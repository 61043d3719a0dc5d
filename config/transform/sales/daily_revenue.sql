-- Reads the orders and not sales.order_lines, because they are partitioned by day too: a day loaded again renews just that day here.
with lines as (
    select
        order_id,
        ordered_at,
        unnest(order_lines) as line
    from starbake.orders
    where ordered_at >= '{{ sl_start_date }}'
        and ordered_at < '{{ sl_end_date }}'
)

select
    ordered_at::date as day,
    count(distinct order_id) as orders,
    sum(line.quantity)::bigint as pieces,
    sum(line.quantity * line.unit_price)::decimal(10, 2) as revenue,
    (sum(line.quantity * line.unit_price) / count(distinct order_id))::decimal(10, 2) as average_basket
from lines
group by ordered_at::date
