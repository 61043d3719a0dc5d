with newest as (
    -- measured against the data and not against the clock, so that the result is the same whenever this runs
    select max(last_order_at)::date as day
    from customer_lifetime_value
),

measured as (
    select
        v.customer_id,
        v.orders,
        v.lifetime_value,
        date_diff('day', v.last_order_at::date, n.day) as days_since_last_order
    from customer_lifetime_value as v
    cross join newest as n
)

select
    customer_id,
    case
        when orders = 0 then 'prospect'
        when days_since_last_order >= {{ lapsed_days }} then 'lapsed'
        when orders >= {{ regular_orders }} then 'regular'
        else 'occasional'
    end as segment,
    orders,
    lifetime_value,
    days_since_last_order
from measured
