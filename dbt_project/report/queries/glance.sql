-- What the portfolio will produce, what it produced, and what the difference cost: a row is a sentence.
with calendar as (

    select
        calendar_day.midnight::date as delivery_date,
        to_char(calendar_day.midnight, 'FMDay, FMDD FMMonth YYYY') as day,
        (
            extract(
                epoch from (calendar_day.midnight + interval '1 day') at time zone %(timezone)s::text
                - calendar_day.midnight at time zone %(timezone)s::text
            ) / 900
        )::integer as quarter_hour_count
    from generate_series(%(first_date)s::timestamp, %(last_date)s::timestamp, interval '1 day')
        as calendar_day (midnight)

),

newest_forecast_day as (

    select
        calendar.day,
        sum(portfolio_forecast.tradeable_energy_mwh) as tradeable_energy_mwh,
        min(portfolio_forecast.tradeable_asset_count) as tradeable_asset_count,
        max(portfolio_forecast.expected_asset_count) as expected_asset_count
    from portfolio_forecast
    inner join calendar using (delivery_date)
    where portfolio_forecast.delivery_start_utc >= %(from_utc)s and portfolio_forecast.delivery_start_utc < %(to_utc)s
    group by calendar.delivery_date, calendar.day, calendar.quarter_hour_count
    having count(*) = calendar.quarter_hour_count and bool_and(portfolio_forecast.tradeable_asset_count > 0)
    order by calendar.delivery_date desc
    limit 1

),

newest_settled_day as (

    select
        calendar.delivery_date,
        calendar.day,
        calendar.quarter_hour_count,
        count(*) as settled_count,
        sum(portfolio_reconciliation.tradeable_power_kw) * 0.25 / 1000 as tradeable_energy_mwh,
        sum(portfolio_reconciliation.final_power_kw) * 0.25 / 1000 as final_energy_mwh,
        sum(portfolio_reconciliation.tradeable_error_kw) * 0.25 / 1000 as tradeable_error_mwh,
        max(portfolio_reconciliation.reconciled_asset_count) as reconciled_asset_count,
        max(portfolio_reconciliation.expected_asset_count) as expected_asset_count
    from portfolio_reconciliation
    inner join calendar using (delivery_date)
    where
        portfolio_reconciliation.delivery_start_utc >= %(from_utc)s
        and portfolio_reconciliation.delivery_start_utc < %(to_utc)s
        and portfolio_reconciliation.reconciled_asset_count > 0
        and portfolio_reconciliation.delivery_date = %(settled_date)s
    group by calendar.delivery_date, calendar.day, calendar.quarter_hour_count

),

-- Curtailed, not forecast wrongly.
redispatched as (

    select sum(production_reconciliation.tradeable_error_kw) * 0.25 / 1000 as tradeable_error_mwh
    from best_of_infeed
    inner join production_reconciliation using (asset_id, delivery_start_utc)
    inner join newest_settled_day
        on (best_of_infeed.delivery_start_utc at time zone %(timezone)s::text)::date = newest_settled_day.delivery_date
    where
        best_of_infeed.is_redispatched
        and best_of_infeed.delivery_start_utc >= %(from_utc)s
        and best_of_infeed.delivery_start_utc < %(to_utc)s
        and production_reconciliation.delivery_start_utc >= %(from_utc)s
        and production_reconciliation.delivery_start_utc < %(to_utc)s

),

imbalance_of_the_day as (

    select
        newest_settled_day.day,
        newest_settled_day.quarter_hour_count,
        count(portfolio_imbalance.imbalance_eur) as priced_count,
        sum(portfolio_imbalance.imbalance_eur) as imbalance_eur
    from portfolio_imbalance
    inner join newest_settled_day using (delivery_date)
    group by newest_settled_day.day, newest_settled_day.quarter_hour_count
    having count(portfolio_imbalance.imbalance_eur) > 0

)

select
    day || ': ' || round(tradeable_energy_mwh::numeric, 1) || ' MWh can be traded on, forecast by '
    || tradeable_asset_count || ' of ' || expected_asset_count || ' assets.' as sentence
from newest_forecast_day
union all
select
    settled.day || ': ' || round(settled.final_energy_mwh::numeric, 1) || ' MWh were produced '
    || case
        when settled.settled_count < settled.quarter_hour_count
            then 'in ' || settled.settled_count || ' of ' || settled.quarter_hour_count || ' quarter-hours '
        else ''
    end
    || 'where ' || round(settled.tradeable_energy_mwh::numeric, 1) || ' MWh had been traded on, by '
    || settled.reconciled_asset_count || ' of ' || settled.expected_asset_count || ' assets: '
    || case
        when redispatched.tradeable_error_mwh is null then ''
        else
            abs(round(settled.tradeable_error_mwh::numeric, 1)) || ' MWh '
            || case when settled.tradeable_error_mwh > 0 then 'less' else 'more' end || ' than traded on ('
            || abs(round(redispatched.tradeable_error_mwh::numeric, 1)) || ' MWh '
            || case when redispatched.tradeable_error_mwh > 0 then 'less' else 'more' end
            || ' in redispatched quarter-hours); in the others '
    end
    || 'the forecast was '
    || abs(round((settled.tradeable_error_mwh - coalesce(redispatched.tradeable_error_mwh, 0))::numeric, 1)) || ' MWh too '
    || case
        when settled.tradeable_error_mwh > coalesce(redispatched.tradeable_error_mwh, 0) then 'high.'
        else 'low.'
    end
from newest_settled_day as settled
cross join redispatched
union all
select
    day || ': the imbalance ' || case when imbalance_eur < 0 then 'cost ' else 'brought ' end
    || abs(round(imbalance_eur::numeric)) || ' EUR'
    || case
        when priced_count < quarter_hour_count
            then ' in ' || priced_count || ' of ' || quarter_hour_count || ' quarter-hours.'
        else '.'
    end
from imbalance_of_the_day;
