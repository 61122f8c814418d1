with changes as (

    {{ changes_since(
        "int_received_counts",
        "asset_id",
        [
            "int_forecasts_settled",
            "live_infeed",
            "dso_final_production",
            "int_portfolio_periods",
            "int_asset_timezones",
        ],
    ) }}

)

-- Whole days: wherever the asset is, its local day begins less than a day away from that of UTC.
select
    key as asset_id,
    date_trunc('day', from_utc, 'UTC') - interval '1 day' as from_utc,
    date_trunc('day', to_utc, 'UTC') + interval '2 days' as to_utc
from changes
