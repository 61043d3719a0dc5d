--SQL
SELECT c.customer_id, count(o.order_id) AS orders
FROM starbake.customers c
LEFT JOIN starbake.orders o ON o.customer_id = c.customer_id
GROUP BY c.customer_id;
