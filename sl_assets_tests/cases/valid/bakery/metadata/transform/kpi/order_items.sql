SELECT order_id, unnest(items) AS item FROM orders
