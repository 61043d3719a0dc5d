with exploded as (
    select
        delivery_id,
        delivered_on,
        supplier,
        generate_subscripts(lines, 1) as line_number,
        unnest(lines) as line
    from starbake.deliveries
)

select
    delivery_id,
    line_number::integer as line_number,
    delivered_on,
    supplier,
    line.ingredient_id as ingredient_id,
    line.kg as kg,
    line.price_per_kg as price_per_kg,
    (line.kg * line.price_per_kg)::decimal(10, 2) as amount
from exploded
