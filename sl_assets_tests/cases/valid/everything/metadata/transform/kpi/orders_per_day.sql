SELECT day, count(*) AS orders FROM shop.orders WHERE day >= '{{sl_start_date}}' AND day < '{{sl_end_date}}' GROUP BY day
