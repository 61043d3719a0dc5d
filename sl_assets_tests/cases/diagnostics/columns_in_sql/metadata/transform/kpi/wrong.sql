with lines as (
    select o.id, o.amt, unnest(o.lines) as line
    from sales.orders as o
)
select
    lines.id,
    line.prise as price,
    l.product as product,
    sum(amonut) as amount
from lines
where note is not null
group by all
