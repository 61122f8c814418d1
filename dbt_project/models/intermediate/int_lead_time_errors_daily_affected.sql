with changes as (

    {{ changes_since("int_lead_time_errors_daily", "asset_id", ["int_forecasts_verified"]) }}

)

select
    key as asset_id,
    date_trunc('day', from_utc, 'UTC') as from_utc,
    date_trunc('day', to_utc - interval '1 microsecond', 'UTC') + interval '24 hours' as to_utc
from changes
