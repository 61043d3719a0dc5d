with bought as (
    select distinct l.order_id, l.product_id, p.name
    from sales.order_lines as l
    inner join starbake.products as p on l.product_id = p.product_id
),
everything as (
    select count(distinct order_id) as orders
    from sales.order_lines
),
alone as (
    select product_id, count(*) as orders
    from bought
    group by product_id
),
pairs as (
    select
        one.product_id as one_id, other.product_id as other_id,
        any_value(one.name) as product, any_value(other.name) as other_product,
        count(*) as orders
    from bought as one
    inner join bought as other on one.order_id = other.order_id and one.product_id < other.product_id
    group by one.product_id, other.product_id
    having count(*) >= 20
)
select
    p.product,
    p.other_product,
    p.orders,
    round(p.orders / e.orders, 4) as share_of_orders,
    round(p.orders * e.orders / (a.orders * b.orders), 2) as lift
from pairs as p
cross join everything as e
inner join alone as a on p.one_id = a.product_id
inner join alone as b on p.other_id = b.product_id
