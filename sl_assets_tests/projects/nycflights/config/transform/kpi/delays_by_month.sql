select
    make_date(year, month, 1) as month,
    count(*) as flights,
    count(*) filter (where dep_time is null) as cancelled,
    round(avg(dep_delay), 2) as mean_delay
from nycflights.flights
group by year, month
order by month
