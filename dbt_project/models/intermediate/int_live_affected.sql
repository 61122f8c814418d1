with changed as (

    {{ changed_documents("live_infeed", ref("stg_live__documents")) }}

),

changed_samples as (

    select
        documents.asset_id,
        documents.measured_from_utc,
        documents.measured_to_utc
    from changed
    inner join {{ ref("stg_live__documents") }} as documents on changed.document_id = documents.document_id

),

timezone_changes as (

    {{ changes_since("live_infeed", "asset_id", ["int_asset_timezones"]) }}

)

-- A sample cuts short the one before it, and holds on for a while, maybe into the next day.
select
    asset_id,
    {{ quarter_hour_floor("measured_from_utc") }} as from_utc,
    {{ quarter_hour_ceiling(
        "measured_to_utc + interval '" ~ var("live_max_hold_minutes") ~ " minutes'"
    ) }} as to_utc
from changed_samples
union all
select
    key as asset_id,
    from_utc,
    to_utc
from timezone_changes
