-- Not materialized: every look goes to the index of the documents.
with recursive documents as not materialized (

    select
        document_id,
        asset_id,
        version_utc,
        received_utc,
        content_sha256,
        grid_start_utc,
        power_kw
    from {{ ref("stg_vpp__forecast_documents") }}
    where {{ is_not_retracted(read_upto("int_forecasts_closed")) }}

),

-- Each asset is found by one look into the index, so that this costs the same however long the history is.
assets as (

    (
        select documents.asset_id
        from documents
        order by documents.asset_id
        limit 1
    )
    union all
    select (
        select documents.asset_id
        from documents
        where documents.asset_id > assets.asset_id
        order by documents.asset_id
        limit 1
    ) as asset_id
    from assets
    where assets.asset_id is not null

),

-- What the closed quarter-hours were built from, committed with them: both halves fit together at any instant.
closed as (

    select
        {{ read_upto("int_forecasts_closed") }} as document_id,
        {{ built_with_gate_closure_minutes("int_forecasts_closed") }} as gate_closure_minutes

)

select
    assets.asset_id,
    newest.document_id,
    newest.version_utc,
    newest.grid_start_utc,
    {{ open_from("newest.version_utc", "closed.gate_closure_minutes") }} as open_from_utc,
    newest.power_kw
from assets
cross join closed
cross join lateral (
    select
        documents.document_id,
        documents.version_utc,
        documents.grid_start_utc,
        documents.power_kw
    from documents
    where
        documents.asset_id = assets.asset_id
        and documents.document_id <= closed.document_id
    order by documents.version_utc desc, documents.received_utc desc, documents.content_sha256 desc
    limit 1
) as newest
