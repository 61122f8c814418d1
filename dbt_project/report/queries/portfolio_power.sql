-- The portfolio by quarter-hour. Production is compared with the forecast of the same assets: those that are settled on a
-- settled day, those that are measured on any other.
select
    delivery_start_utc,
    forecast.tradeable_power_kw as forecast_power_kw,
    forecast.tradeable_asset_count as forecast_asset_count,
    coalesce(forecast.expected_asset_count, provisional.expected_asset_count) as expected_asset_count,
    case when settled.is_settled then reconciliation.reconciled_asset_count else provisional.compared_asset_count end
        as compared_asset_count,
    case when settled.is_settled then reconciliation.tradeable_power_kw else provisional.tradeable_power_kw end
        as compared_forecast_power_kw,
    case when settled.is_settled then reconciliation.final_power_kw else provisional.measured_power_kw end
        as produced_power_kw,
    case
        when settled.is_settled then imbalance.imbalance_kwh - imbalance.redispatched_imbalance_kwh
        else provisional.imbalance_kwh - provisional.redispatched_imbalance_kwh
    end as error_kwh,
    case when settled.is_settled then imbalance.redispatched_imbalance_kwh else provisional.redispatched_imbalance_kwh end
        as redispatched_kwh,
    case
        when settled.is_settled then imbalance.imbalance_eur - imbalance.redispatched_imbalance_eur
        else provisional.imbalance_eur - provisional.redispatched_imbalance_eur
    end as error_eur,
    case when settled.is_settled then imbalance.redispatched_imbalance_eur else provisional.redispatched_imbalance_eur end
        as redispatched_eur,
    case when settled.is_settled then imbalance.price_eur_per_mwh else provisional.price_eur_per_mwh end
        as price_eur_per_mwh,
    case when settled.is_settled then imbalance.price_status else provisional.price_status end as price_status
from portfolio_forecast as forecast
full join portfolio_provisional_imbalance as provisional using (delivery_start_utc)
left join portfolio_reconciliation as reconciliation using (delivery_start_utc)
left join portfolio_imbalance as imbalance using (delivery_start_utc)
cross join lateral (
    select coalesce(forecast.delivery_date, provisional.delivery_date) = any(%(settled_dates)s) as is_settled
) as settled
where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s;
