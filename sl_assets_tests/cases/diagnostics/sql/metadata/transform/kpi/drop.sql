
DROP TABLE sales.orders
