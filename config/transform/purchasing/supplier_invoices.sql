with notes as (
    select
        delivery_id,
        supplier,
        delivered_on,
        sum(amount)::decimal(10, 2) as amount
    from purchasing.delivery_lines
    group by delivery_id, supplier, delivered_on
),

payments as (
    select
        reference,
        -- what leaves the account is negative there
        (-sum(amount))::decimal(10, 2) as paid,
        max(booked_on) as paid_on
    from starbake.statement_lines
    where kind = 'SUP'
    group by reference
)

select
    n.delivery_id,
    n.supplier,
    n.delivered_on,
    n.amount,
    coalesce(p.paid, 0)::decimal(10, 2) as paid,
    (n.amount - coalesce(p.paid, 0))::decimal(10, 2) as open_amount,
    p.paid_on,
    date_diff('day', n.delivered_on, p.paid_on) as days_to_pay
from notes as n
left join payments as p on n.delivery_id = p.reference
order by n.delivered_on, n.delivery_id
