{{ config(alias=var("asset_forecasts_table")) }}

with latest as (

    select
        asset_id,
        delivery_start_utc,
        version_utc,
        power_kw
    from {{ ref("int_forecasts_latest") }}

),

tradeable as (

    select
        asset_id,
        delivery_start_utc,
        version_utc,
        power_kw
    from {{ ref("int_forecasts_tradeable") }}

),

asset_timezones as (

    select
        asset_id,
        timezone
    from {{ ref("int_asset_timezones") }}

)

-- Whatever could be traded on was also the latest at some time, so no tradeable row is without its latest row.
select
    latest.asset_id,
    latest.delivery_start_utc,
    latest.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ local_date("latest.delivery_start_utc", "coalesce(asset_timezones.timezone, " ~ portfolio_timezone() ~ ")") }}
        as delivery_date,
    latest.version_utc as latest_version_utc,
    latest.power_kw as latest_power_kw,
    tradeable.version_utc as tradeable_version_utc,
    tradeable.power_kw as tradeable_power_kw
from latest
left join tradeable
    on
        latest.asset_id = tradeable.asset_id
        and latest.delivery_start_utc = tradeable.delivery_start_utc
left join asset_timezones on latest.asset_id = asset_timezones.asset_id
