select id, day from sales.parts
