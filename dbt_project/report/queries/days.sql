-- The days that the report can show, newest first. A day is settled where four fifths of its quarter-hours are.
with days as (

    select
        portfolio_forecast.delivery_date,
        count(*) as forecast_count,
        count(*) filter (where portfolio_reconciliation.reconciled_asset_count > 0) as settled_count,
        bool_and(portfolio_forecast.tradeable_asset_count > 0) as is_tradeable,
        extract(
            epoch from (portfolio_forecast.delivery_date + 1)::timestamp at time zone %(timezone)s::text
            - portfolio_forecast.delivery_date::timestamp at time zone %(timezone)s::text
        ) / 900 as quarter_hour_count
    from portfolio_forecast
    left join portfolio_reconciliation using (delivery_start_utc)
    group by portfolio_forecast.delivery_date

)

select
    delivery_date,
    settled_count >= 0.8 * quarter_hour_count as is_settled,
    forecast_count = quarter_hour_count and is_tradeable as is_forecast
from days
order by delivery_date desc
limit %(days)s;
