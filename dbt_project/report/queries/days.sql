-- The days that the report shows, newest first.
select *
from portfolio_days
order by delivery_date desc
limit %(days)s;
