-- what each seller sold
WITH sums AS (
  SELECT seller_id, SUM(amount) AS total
  FROM `sales.orders`
  GROUP BY seller_id
)
SELECT s.seller_email, IFNULL(SAFE_CAST(sums.total AS NUMERIC), 0) AS total
FROM {{domain}}.sellers AS s
LEFT JOIN sums USING (seller_id)
