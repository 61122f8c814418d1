{{ config(materialized="incremental", unique_key=["asset_id", "delivery_start_utc"]) }}

with flags as (

    select
        metering_point_id,
        delivery_start_utc,
        is_redispatched,
        issued_utc,
        received_utc,
        content_sha256,
        position
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

),

newest_flags as (

    {{ newest_per_key(
        "flags",
        key=["metering_point_id", "delivery_start_utc"],
        newest_first=["issued_utc desc", "received_utc desc", "content_sha256 desc", "position desc"],
        columns=["metering_point_id", "delivery_start_utc", "is_redispatched"],
    ) }}

)

select
    metering_point_assets.asset_id,
    newest_flags.delivery_start_utc
from newest_flags
inner join metering_point_assets
    on
        newest_flags.metering_point_id = metering_point_assets.metering_point_id
        and {{ is_valid("metering_point_assets", to="newest_flags") }}
where newest_flags.is_redispatched
