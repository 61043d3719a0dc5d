-- A name without its domain is found when only one domain has it.
select
    day,
    dayname(day) as weekday,
    revenue,
    (avg(revenue) over last_seven_days)::decimal(10, 2) as moving_average,
    round(revenue / lag(revenue, 7) over (order by day) - 1, 4) as change_on_week
from daily_revenue
window last_seven_days as (order by day rows between 6 preceding and current row)
order by day
