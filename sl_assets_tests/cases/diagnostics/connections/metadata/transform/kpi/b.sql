select * from `sales.orders`
