{{ config(materialized="incremental", unique_key=["asset_id"]) }}

with listings as (

    select
        asset_id,
        created_utc,
        timezone
    from {{ ref("stg_technical_data__assets") }}

),

newest_listing as (

    {{ newest_per_key(
        "listings",
        key=["asset_id"],
        newest_first=["created_utc desc"],
        columns=["asset_id", "timezone"],
    ) }}

)

select
    newest_listing.asset_id,
    known.name as timezone
from newest_listing
inner join {{ known_timezones() }} as known on lower(newest_listing.timezone) = lower(known.name)
