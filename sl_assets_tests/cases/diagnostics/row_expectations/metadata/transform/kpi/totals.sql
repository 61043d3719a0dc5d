SELECT day, sum(amount) AS total FROM sales.orders GROUP BY day
