select 'abc
from sales.orders
