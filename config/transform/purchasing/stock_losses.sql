with counts as (
    select
        ingredient_id,
        min(counted_at) as counted_from,
        max(counted_at) as counted_to,
        arg_min(kg, counted_at) as opening_kg,
        arg_max(kg, counted_at) as counted_kg
    from starbake.stock_counts
    group by ingredient_id
),

delivered as (
    select
        c.ingredient_id,
        sum(l.kg) as kg
    from counts as c
    inner join purchasing.delivery_lines as l on c.ingredient_id = l.ingredient_id
    where l.delivered_on between c.counted_from::date and c.counted_to::date
    group by c.ingredient_id
),

recipe_lines as (
    select
        product_id,
        unnest(recipe) as ingredient
    from starbake.products
),

used as (
    select
        c.ingredient_id,
        -- decimals, so that the sum is exact whatever the order of its parts; a division would make a float of it
        sum(l.quantity * r.ingredient.grams::decimal(8, 2)) * 0.001 as kg
    from sales.order_lines as l
    inner join recipe_lines as r on l.product_id = r.product_id
    inner join counts as c on r.ingredient.ingredient_id = c.ingredient_id
    where l.ordered_at between c.counted_from and c.counted_to
    group by c.ingredient_id
),

balance as (
    select
        c.*,
        coalesce(d.kg, 0)::decimal(8, 3) as delivered_kg,
        coalesce(u.kg, 0)::decimal(8, 3) as used_kg
    from counts as c
    left join delivered as d on c.ingredient_id = d.ingredient_id
    left join used as u on c.ingredient_id = u.ingredient_id
),

losses as (
    select
        *,
        opening_kg + delivered_kg - used_kg as expected_kg,
        opening_kg + delivered_kg - used_kg - counted_kg as missing_kg
    from balance
)

select
    i.ingredient_id,
    i.name,
    l.counted_from,
    l.counted_to,
    l.opening_kg,
    l.delivered_kg,
    l.used_kg,
    l.expected_kg::decimal(8, 3) as expected_kg,
    l.counted_kg,
    l.missing_kg::decimal(8, 3) as missing_kg,
    (l.missing_kg * i.cost_per_kg)::decimal(10, 2) as loss,
    round(l.missing_kg / nullif(l.used_kg, 0), 4)::double as loss_rate
from losses as l
inner join starbake.ingredients as i on l.ingredient_id = i.ingredient_id
order by loss desc
