-- The days that the report can show, newest first. A day is settled where most of it is.
select
    portfolio_forecast.delivery_date,
    count(*) filter (where portfolio_reconciliation.reconciled_asset_count > 0) >= 0.8 * count(*) as is_settled,
    count(*) = extract(
        epoch from (portfolio_forecast.delivery_date + 1)::timestamp at time zone %(timezone)s::text
        - portfolio_forecast.delivery_date::timestamp at time zone %(timezone)s::text
    ) / 900
    and bool_and(portfolio_forecast.tradeable_asset_count > 0) as is_forecast
from portfolio_forecast
left join portfolio_reconciliation using (delivery_start_utc)
group by portfolio_forecast.delivery_date
order by portfolio_forecast.delivery_date desc
limit %(days)s;
