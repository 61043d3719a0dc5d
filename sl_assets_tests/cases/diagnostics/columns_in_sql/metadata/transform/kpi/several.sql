select o.id, amount
from sales.orders as o
inner join sales.orders as p on o.customer = p.customer
inner join sales.customers as c on o.customer = c.id and id > 3
