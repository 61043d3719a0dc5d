with recipe_lines as (
    select
        product_id,
        unnest(recipe) as used
    from starbake.products
),

costs as (
    select
        r.product_id,
        count(*) as ingredients,
        -- grams of something that is bought by the kilogram
        sum(r.used.grams / 1000 * i.cost_per_kg) as recipe_cost
    from recipe_lines as r
    inner join starbake.ingredients as i on r.used.ingredient_id = i.ingredient_id
    group by r.product_id
)

select
    p.product_id,
    p.name,
    p.category,
    p.price,
    c.ingredients,
    round(c.recipe_cost, 4) as recipe_cost
from starbake.products as p
inner join costs as c on p.product_id = c.product_id
