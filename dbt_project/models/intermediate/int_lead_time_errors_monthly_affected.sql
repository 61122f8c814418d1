with changes as (

    {{ changes_since("int_lead_time_errors_monthly", "asset_id", ["int_lead_time_errors_daily"]) }}

)

select
    key as asset_id,
    date_trunc('month', from_utc, 'UTC') as from_utc,
    (date_trunc('month', (to_utc - interval '1 microsecond') at time zone 'UTC') + interval '1 month')
    at time zone 'UTC' as to_utc
from changes
