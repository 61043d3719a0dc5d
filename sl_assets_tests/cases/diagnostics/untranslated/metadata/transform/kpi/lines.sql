SELECT id, f.value:sku::string AS sku
FROM web.orders, LATERAL FLATTEN(input => lines) f
