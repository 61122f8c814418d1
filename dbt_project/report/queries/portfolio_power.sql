-- The portfolio by quarter-hour. Production is compared with the forecast of the same assets: the settled ones on a
-- settled day, the measured ones on any other.
with compared as (

    select
        delivery_start_utc,
        expected_asset_count,
        reconciled_asset_count as compared_asset_count,
        tradeable_power_kw,
        final_power_kw as produced_power_kw,
        imbalance_kwh,
        redispatched_imbalance_kwh,
        imbalance_eur,
        redispatched_imbalance_eur,
        price_eur_per_mwh,
        price_status
    from portfolio_imbalance
    where delivery_date = any(%(settled_dates)s)
    union all
    select
        delivery_start_utc,
        expected_asset_count,
        compared_asset_count,
        tradeable_power_kw,
        measured_power_kw as produced_power_kw,
        imbalance_kwh,
        redispatched_imbalance_kwh,
        imbalance_eur,
        redispatched_imbalance_eur,
        price_eur_per_mwh,
        price_status
    from portfolio_provisional_imbalance
    where delivery_date <> all(%(settled_dates)s)

)

select
    delivery_start_utc,
    forecast.tradeable_power_kw as forecast_power_kw,
    forecast.tradeable_asset_count as forecast_asset_count,
    coalesce(forecast.expected_asset_count, compared.expected_asset_count) as expected_asset_count,
    compared.compared_asset_count,
    compared.tradeable_power_kw as compared_forecast_power_kw,
    compared.produced_power_kw,
    compared.imbalance_kwh - compared.redispatched_imbalance_kwh as error_kwh,
    compared.redispatched_imbalance_kwh as redispatched_kwh,
    compared.imbalance_eur - compared.redispatched_imbalance_eur as error_eur,
    compared.redispatched_imbalance_eur as redispatched_eur,
    compared.price_eur_per_mwh,
    compared.price_status
from portfolio_forecast as forecast
full join compared using (delivery_start_utc)
where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s;
