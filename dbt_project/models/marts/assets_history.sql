{{ config(unique_key=["asset_id", "valid_from_utc"]) }}

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
    from {{ ref("int_asset_periods") }}

)

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
from asset_periods
