select * from sales.orders, sales.twice
