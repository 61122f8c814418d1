-- What the portfolio will produce, what it produced, and what the difference cost: a row is a sentence.
with newest_forecast_day as (

    select
        to_char(delivery_date, 'FMDay, FMDD FMMonth YYYY') as day,
        sum(tradeable_energy_mwh) as tradeable_energy_mwh,
        min(tradeable_asset_count) as tradeable_asset_count,
        max(expected_asset_count) as expected_asset_count
    from portfolio_forecast
    where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s
    group by delivery_date
    having count(*) >= 92 and bool_and(tradeable_asset_count > 0)
    order by delivery_date desc
    limit 1

),

newest_settled_day as (

    select
        delivery_date,
        to_char(delivery_date, 'FMDay, FMDD FMMonth YYYY') as day,
        sum(tradeable_power_kw) * 0.25 / 1000 as tradeable_energy_mwh,
        sum(final_power_kw) * 0.25 / 1000 as final_energy_mwh,
        sum(tradeable_error_kw) * 0.25 / 1000 as tradeable_error_mwh,
        max(reconciled_asset_count) as reconciled_asset_count,
        max(expected_asset_count) as expected_asset_count
    from portfolio_reconciliation
    where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s and reconciled_asset_count > 0
    group by delivery_date
    -- Most of it is settled.
    having count(*) >= 0.8 * 92
    order by delivery_date desc
    limit 1

),

imbalance_of_the_day as (

    select
        newest_settled_day.day,
        sum(portfolio_imbalance.imbalance_eur) as imbalance_eur
    from portfolio_imbalance
    inner join newest_settled_day using (delivery_date)
    group by newest_settled_day.day
    having count(portfolio_imbalance.imbalance_eur) > 0

)

select
    day || ': ' || round(tradeable_energy_mwh::numeric, 1) || ' MWh can be traded on, forecast by '
    || tradeable_asset_count || ' of ' || expected_asset_count || ' assets.' as sentence
from newest_forecast_day
union all
select
    day || ': ' || round(final_energy_mwh::numeric, 1) || ' MWh were produced where '
    || round(tradeable_energy_mwh::numeric, 1) || ' MWh had been traded on, by ' || reconciled_asset_count || ' of '
    || expected_asset_count || ' assets: the forecast was ' || abs(round(tradeable_error_mwh::numeric, 1)) || ' MWh too '
    || case when tradeable_error_mwh > 0 then 'high.' else 'low.' end
from newest_settled_day
union all
select
    day || ': the imbalance ' || case when imbalance_eur < 0 then 'cost ' else 'brought ' end
    || abs(round(imbalance_eur::numeric)) || ' EUR.'
from imbalance_of_the_day;
