with exploded as (
    select
        order_id,
        ordered_at,
        customer_id,
        channel,
        generate_subscripts(order_lines, 1) as line_number,
        unnest(order_lines) as line
    from starbake.orders
)

select
    order_id,
    line_number::integer as line_number,
    ordered_at,
    -- ordered_at is a moment; which day it falls on is decided by the time zone of the project
    ordered_at::date as day,
    customer_id,
    channel,
    line.product_id as product_id,
    line.quantity as quantity,
    line.unit_price as unit_price,
    (line.quantity * line.unit_price)::decimal(10, 2) as line_total
from exploded
