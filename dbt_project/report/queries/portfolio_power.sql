select
    portfolio_forecast.delivery_start_utc,
    portfolio_forecast.tradeable_power_kw,
    portfolio_best_of_infeed.power_kw as infeed_power_kw,
    portfolio_reconciliation.final_power_kw,
    portfolio_forecast.expected_capacity_kw,
    portfolio_forecast.tradeable_capacity_kw,
    portfolio_reconciliation.reconciled_capacity_kw,
    portfolio_forecast.expected_asset_count,
    portfolio_forecast.tradeable_asset_count,
    portfolio_reconciliation.reconciled_asset_count
from portfolio_forecast
left join portfolio_best_of_infeed using (delivery_start_utc)
left join portfolio_reconciliation using (delivery_start_utc)
where portfolio_forecast.delivery_start_utc >= %(from_utc)s and portfolio_forecast.delivery_start_utc < %(to_utc)s;
