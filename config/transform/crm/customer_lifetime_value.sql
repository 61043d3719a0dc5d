select
    c.customer_id,
    c.city,
    c.newsletter,
    c.joined_on,
    count(o.order_id) as orders,
    coalesce(sum(o.amount), 0)::decimal(10, 2) as lifetime_value,
    avg(o.amount)::decimal(10, 2) as average_basket,
    min(o.ordered_at) as first_order_at,
    max(o.ordered_at) as last_order_at
from starbake.customers as c
left join crm.customer_orders as o on c.customer_id = o.customer_id
group by c.customer_id, c.city, c.newsletter, c.joined_on
