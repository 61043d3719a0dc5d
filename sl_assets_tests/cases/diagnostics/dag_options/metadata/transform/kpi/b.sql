select o.id from sales.orders o join sales.goods using (id)
