select o.id from sales.orders o join elsewhere.stock using (id)
