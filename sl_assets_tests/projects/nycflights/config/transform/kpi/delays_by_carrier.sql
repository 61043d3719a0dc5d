select
    d.carrier,
    a.name,
    count(*) as flights,
    round(avg(d.dep_delay), 2) as mean_delay,
    round(avg(d.late::integer), 4) as late_share
from kpi.flight_delays as d
inner join nycflights.airlines as a on d.carrier = a.carrier
group by d.carrier, a.name
