with documents as (

    select
        document_id,
        asset_id,
        version_utc,
        received_utc,
        content_sha256,
        grid_start_utc,
        grid_end_utc
    from {{ ref("stg_vpp__forecast_documents") }}
    where {{ is_in_build("forecast_version") }}

),

newest_of_each_version as (

    {{ newest_per_key(
        "documents",
        key=["asset_id desc", "version_utc desc"],
        newest_first=["received_utc desc", "content_sha256 desc"],
        columns=["document_id", "asset_id", "version_utc", "received_utc", "grid_start_utc", "grid_end_utc"],
    ) }}

)

select
    asset_id,
    version_utc,
    received_utc,
    document_id,
    grid_start_utc,
    grid_end_utc
from newest_of_each_version
