-- The days of the current month, up to yesterday.
select *
from portfolio_days
where delivery_date >= date_trunc('month', %(yesterday)s::date)::date and delivery_date <= %(yesterday)s
order by delivery_date;
