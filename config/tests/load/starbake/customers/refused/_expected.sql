-- A list of columns is enough for a part of the table.
customer_id, email
