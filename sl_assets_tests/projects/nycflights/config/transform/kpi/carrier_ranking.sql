select
    row_number() over (order by mean_delay, carrier) as rank,
    carrier,
    name,
    mean_delay,
    round(mean_delay - min(mean_delay) over (), 2) as behind_best
from delays_by_carrier
order by rank
