select
    (2013 - p.year)::integer as age,
    count(distinct p.tailnum) as planes,
    count(*) as flights,
    round(avg(d.dep_delay), 2) as mean_delay
from kpi.flight_delays as d
inner join nycflights.planes as p on d.tailnum = p.tailnum
where p.year is not null
group by p.year
order by age
