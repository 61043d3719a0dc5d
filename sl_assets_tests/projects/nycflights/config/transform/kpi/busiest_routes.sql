with routes as (
    select
        origin,
        dest,
        count(*) as flights,
        max(distance) as distance,
        round(avg(arr_delay), 2) as mean_delay
    from kpi.flight_delays
    group by origin, dest
)

select
    r.origin,
    r.dest,
    a.name as dest_name,
    r.flights,
    r.distance,
    r.mean_delay
from routes as r
left join nycflights.airports as a on r.dest = a.faa
order by r.flights desc, r.origin, r.dest
limit 20
