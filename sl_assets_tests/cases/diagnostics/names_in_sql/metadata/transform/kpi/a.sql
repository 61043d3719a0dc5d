WITH recent AS (
  SELECT * FROM SALES.ORDERS
)
SELECT *
FROM recent
JOIN sales.oders USING (id)
JOIN sales.customers USING (id)
JOIN orders USING (id)
JOIN erp.items USING (id)
JOIN erp.item USING (id)
JOIN somewhere USING (id)
JOIN information_schema.tables ON true
JOIN audit.audit ON true
JOIN read_csv('x.csv') ON true
JOIN kpi.a USING (id)
JOIN shop.sales.orders AS o USING (id)
JOIN shop.sales.oders AS p USING (id)
JOIN dwh.sales.orders AS q USING (id)
JOIN system.main.duckdb_settings ON true
