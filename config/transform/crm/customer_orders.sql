-- Orders without a card have no customer and stay out.
select
    l.order_id,
    c.customer_id,
    l.ordered_at,
    l.channel,
    sum(l.quantity)::bigint as pieces,
    sum(l.line_total)::decimal(10, 2) as amount
from sales.order_lines as l
inner join starbake.customers as c on l.customer_id = c.customer_id
group by l.order_id, c.customer_id, l.ordered_at, l.channel
