with received as (

    select
        document_id,
        asset_id,
        version_utc,
        grid_end_utc
    from {{ ref("stg_vpp__forecast_documents") }}
    where
        {{ is_in_build() }}
        and document_id > {{ read_upto(affected_table()) }}

),

-- Not materialized, so that every lookup uses the index of the documents.
known as not materialized (

    select
        document_id,
        asset_id,
        version_utc,
        received_utc,
        content_sha256,
        grid_end_utc
    from {{ ref("stg_vpp__forecast_documents") }}
    where
        document_id <= {{ read_upto(affected_table()) }}
        and {{ is_not_retracted(read_upto(affected_table())) }}

),

newest_received as (

    select
        asset_id,
        max(version_utc) as version_utc
    from received
    group by asset_id

),

-- A newer version replaces the one whose values were open until now.
overtaken as (

    select
        newest_received.asset_id,
        newest_known.version_utc,
        newest_known.grid_end_utc
    from newest_received
    cross join
        lateral (
            select
                known.version_utc,
                known.grid_end_utc
            from known
            where known.asset_id = newest_received.asset_id
            order by known.version_utc desc, known.received_utc desc, known.content_sha256 desc
            limit 1
        ) as newest_known
    where newest_known.version_utc <= newest_received.version_utc

),

-- A re-run replaces what was received before of the same version.
replaced as (

    select
        known.asset_id,
        known.version_utc,
        known.grid_end_utc
    from received
    inner join known
        on
            received.asset_id = known.asset_id
            and received.version_utc = known.version_utc

),

retracted as (

    {{ retracted_since(affected_table()) }}

),

-- What a retracted version owned falls back to others, or to what was received before of the same version.
withdrawn as (

    select
        receipts.asset_id,
        receipts.version_utc,
        receipts.grid_end_utc
    from retracted
    inner join known on retracted.document_id = known.document_id
    inner join known as receipts
        on
            known.asset_id = receipts.asset_id
            and known.version_utc = receipts.version_utc

),

-- If it was the newest, the one before it gives the open quarter-hours again.
reopened as (

    select
        withdrawn_assets.asset_id,
        newest_left.version_utc,
        newest_left.grid_end_utc
    from (select distinct withdrawn.asset_id from withdrawn) as withdrawn_assets
    cross join
        lateral (
            select
                known.version_utc,
                known.grid_end_utc
            from known
            where
                known.asset_id = withdrawn_assets.asset_id
                and known.document_id not in (select retracted.document_id from retracted)
            order by known.version_utc desc, known.received_utc desc, known.content_sha256 desc
            limit 1
        ) as newest_left

),

timezone_changes as (

    {{ changes_of("int_asset_timezones") }}

),

-- A changed time zone can move any quarter-hour of the asset to another day.
moved_days as (

    select
        known.asset_id,
        min(known.version_utc) as version_utc,
        max(known.grid_end_utc) as grid_end_utc
    from timezone_changes
    inner join known on timezone_changes.key = known.asset_id
    group by known.asset_id

)

select
    asset_id,
    version_utc as from_utc,
    grid_end_utc as to_utc
from received
union all
select
    asset_id,
    version_utc as from_utc,
    grid_end_utc as to_utc
from overtaken
union all
select
    asset_id,
    version_utc as from_utc,
    grid_end_utc as to_utc
from replaced
union all
select
    asset_id,
    version_utc as from_utc,
    grid_end_utc as to_utc
from withdrawn
union all
select
    asset_id,
    version_utc as from_utc,
    grid_end_utc as to_utc
from reopened
union all
select
    asset_id,
    version_utc as from_utc,
    grid_end_utc as to_utc
from moved_days
