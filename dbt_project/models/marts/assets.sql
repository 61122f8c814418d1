{{ config(unique_key=["asset_id"]) }}

with asset_periods as (

    select
        asset_id,
        asset_name,
        technology,
        capacity_kw,
        latitude,
        longitude,
        timezone,
        status,
        commissioning_date,
        owner_name,
        metering_point_id,
        technical_attributes,
        valid_from_utc,
        valid_to_utc
    from {{ ref("assets_history") }}

),

clock as (

    select built_as_of_utc from {{ ref("int_clock") }}

)

select
    asset_periods.asset_id,
    asset_periods.asset_name,
    asset_periods.technology,
    asset_periods.capacity_kw,
    asset_periods.latitude,
    asset_periods.longitude,
    asset_periods.timezone,
    asset_periods.status,
    asset_periods.commissioning_date,
    asset_periods.owner_name,
    asset_periods.metering_point_id,
    asset_periods.technical_attributes
from asset_periods
cross join clock
where
    asset_periods.valid_from_utc <= clock.built_as_of_utc
    and (asset_periods.valid_to_utc > clock.built_as_of_utc or asset_periods.valid_to_utc is null)
