-- what was there before may have any column
select id, customer as whom from sales.orders where id > (select max(older) from kpi.itself)
