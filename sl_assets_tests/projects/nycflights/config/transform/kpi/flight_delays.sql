-- A flight without a departure time was cancelled.
select
    make_date(f.year, f.month, f.day) as day,
    f.time_hour,
    f.carrier,
    f.tailnum,
    f.origin,
    f.dest,
    f.distance,
    f.dep_delay,
    f.arr_delay,
    f.dep_delay > 15 as late
from nycflights.flights as f
where f.dep_time is not null
