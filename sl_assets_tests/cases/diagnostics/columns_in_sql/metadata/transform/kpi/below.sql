-- wrong has the columns that its SQL gives it
select id, price, quantity
from kpi.wrong
