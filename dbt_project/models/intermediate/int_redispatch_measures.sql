{{ config(materialized="incremental", unique_key=["asset_id", "measure_start_utc"]) }}

with redispatched as (

    select
        asset_id,
        delivery_start_utc
    from {{ ref("int_redispatched_quarter_hours") }}

),

-- Adjacent quarter-hours have the same distance from their rank within the asset.
numbered as (

    select
        asset_id,
        delivery_start_utc,
        {{ quarter_hour_number("delivery_start_utc") }}
        - row_number() over (partition by asset_id order by delivery_start_utc) as measure_number
    from redispatched

)

select
    asset_id,
    min(delivery_start_utc) as measure_start_utc,
    max(delivery_start_utc) + interval '15 minutes' as measure_end_utc
from numbered
group by asset_id, measure_number
