SELECT TO_CHAR(id, '999') AS id FROM web.orders
