with hours as (
    select
        origin,
        time_hour,
        count(*) as flights,
        avg(dep_delay) as mean_delay
    from kpi.flight_delays
    group by origin, time_hour
    having count(*) >= 5
)

select
    h.origin,
    h.time_hour,
    h.flights,
    round(h.mean_delay, 2) as mean_delay,
    w.temp,
    -- a thousand miles an hour is an error of the source
    case when w.wind_speed < 200 then w.wind_speed end as wind_speed,
    w.precip,
    w.visib
from hours as h
inner join nycflights.weather as w on h.origin = w.origin and h.time_hour = w.time_hour
order by h.mean_delay desc, h.origin, h.time_hour
limit 100
