{{ config(materialized="view", alias=var("asset_forecasts_table")) }}

with closed_quarter_hours as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        latest_version_utc,
        latest_power_kw,
        tradeable_version_utc,
        tradeable_power_kw
    from {{ ref("int_forecasts_in_force") }}
    where latest_version_utc is not null

),

open_quarter_hours as (

    {{ open_quarter_hours(ref("int_forecasts_in_force")) }}

)

select
    asset_id,
    delivery_start_utc,
    delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    delivery_date,
    latest_version_utc,
    latest_power_kw,
    tradeable_version_utc,
    tradeable_power_kw
from closed_quarter_hours
union all
select
    asset_id,
    delivery_start_utc,
    delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    delivery_date,
    version_utc as latest_version_utc,
    power_kw as latest_power_kw,
    version_utc as tradeable_version_utc,
    power_kw as tradeable_power_kw
from open_quarter_hours
