with changes as (

    {{ changes_since("forecast_accuracy", "asset_id", ["int_forecasts_verified", "int_asset_timezones"]) }}

),

asset_timezones as (

    select
        asset_id,
        timezone
    from {{ ref("int_asset_timezones") }}

),

-- Where its time zone changed, all of the asset's days did.
in_timezone as (

    select
        changes.key as asset_id,
        changes.from_utc,
        changes.to_utc,
        coalesce(asset_timezones.timezone, {{ portfolio_timezone() }}) as timezone
    from changes
    left join asset_timezones on changes.key = asset_timezones.asset_id

)

select
    asset_id,
    {{ local_date("from_utc", "timezone") }}::timestamp at time zone 'UTC' as from_utc,
    ({{ local_date("to_utc - interval '1 microsecond'", "timezone") }} + 1)::timestamp at time zone 'UTC' as to_utc
from in_timezone
