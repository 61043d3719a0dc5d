-- customers may have more columns than the project says, and items are made elsewhere
select c.score, i.wieght as weight, a.whatever, nowhere
from sales.customers as c, erp.items as i, erp.anything as a
