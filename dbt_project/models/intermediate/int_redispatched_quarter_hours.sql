{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_start_utc"],
    meta={
        "reads": ["redispatch_flag", "asset_contracts"],
        "log_keys": ["asset_id"],
        "log_period": ["delivery_start_utc", "delivery_start_utc + interval '15 minutes'"],
    },
) }}

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

),

asset_metering_points as (

    select
        asset_id,
        metering_point_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_asset_metering_points") }}

),

flags_by_asset as (

    select
        metering_point_assets.asset_id,
        flags.metering_point_id,
        flags.delivery_start_utc,
        flags.is_redispatched,
        coalesce(flags.metering_point_id = asset_metering_points.metering_point_id, false) as is_metering_point_of_asset
    from flags
    inner join metering_point_assets
        on
            flags.metering_point_id = metering_point_assets.metering_point_id
            and flags.delivery_start_utc >= metering_point_assets.valid_from_utc
            and flags.delivery_start_utc < metering_point_assets.valid_to_utc
    left join asset_metering_points
        on
            metering_point_assets.asset_id = asset_metering_points.asset_id
            and flags.delivery_start_utc >= asset_metering_points.valid_from_utc
            and flags.delivery_start_utc < asset_metering_points.valid_to_utc

),

-- As in dso_final_production: of two metering points of an asset, the one that its contract names then counts.
one_per_asset as (

    {{ newest_per_key(
        "flags_by_asset",
        key=["asset_id", "delivery_start_utc"],
        newest_first=["is_metering_point_of_asset desc", "metering_point_id desc"],
        columns=["asset_id", "delivery_start_utc", "is_redispatched"],
    ) }}

)

select
    asset_id,
    delivery_start_utc
from one_per_asset
where is_redispatched
