{{ config(materialized="incremental", unique_key=["asset_id", "delivery_start_utc"]) }}

with flags as (

    select
        metering_point_id,
        delivery_start_utc,
        is_redispatched
    from {{ ref("stg_dso__redispatch_flags") }}

),

metering_point_assets as (

    select
        metering_point_id,
        asset_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_metering_point_assets") }}
    where is_counted

)

select
    metering_point_assets.asset_id,
    flags.delivery_start_utc
from flags
inner join metering_point_assets
    on
        flags.metering_point_id = metering_point_assets.metering_point_id
        and {{ is_valid("metering_point_assets", to="flags") }}
where flags.is_redispatched
