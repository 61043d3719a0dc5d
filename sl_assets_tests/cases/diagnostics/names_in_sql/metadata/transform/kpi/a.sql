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
