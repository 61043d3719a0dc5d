select day from sales.orders
