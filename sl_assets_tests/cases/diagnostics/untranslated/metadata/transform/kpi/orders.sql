SELECT nvl(id, 0) AS id FROM web.orders
