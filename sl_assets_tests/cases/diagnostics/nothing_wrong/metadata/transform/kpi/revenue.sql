SELECT day, sum(amount) AS amount FROM sales.orders GROUP BY day;
