with received as (

    select distinct
        asset_id,
        document_from_utc,
        document_to_utc
    from {{ ref("stg_live__samples") }}
    where document_id > {{ read_upto("live_infeed", "live_infeed") }}

),

timezone_changes as (

    {{ changes_since("live_infeed", "asset_id", ["int_asset_timezones"]) }}

)

-- A sample cuts short the one before it, and holds on for a while, maybe into the next day.
select
    asset_id,
    {{ quarter_hour_floor("document_from_utc") }} as from_utc,
    {{ quarter_hour_ceiling(
        "document_to_utc + interval '" ~ var("live_max_hold_minutes") ~ " minutes'"
    ) }} as to_utc
from received
union all
select
    key as asset_id,
    from_utc,
    to_utc
from timezone_changes
