CREATE OR REPLACE TABLE kpi.prices_script AS SELECT * FROM kpi.stock_prices WHERE $least = 1
