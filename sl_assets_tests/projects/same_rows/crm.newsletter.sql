select distinct on (c.email)
    c.email,
    concat(c.first_name, ' ', c.last_name) as name,
    s.segment
from starbake.customers as c
inner join crm.customer_segments as s using (customer_id)
where c.newsletter
order by c.email, s.lifetime_value desc, c.customer_id
