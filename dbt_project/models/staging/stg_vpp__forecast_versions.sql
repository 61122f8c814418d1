with source as (

    select
        document_id,
        asset_id,
        version_utc,
        received_utc,
        content_sha256,
        grid_start_utc,
        power_kw
    from {{ source("raw", "forecast_version") }}

),

newest_of_each_version as (

    {{ newest_per_key(
        "source",
        key=["asset_id", "version_utc"],
        newest_first=["received_utc desc", "content_sha256 desc"],
        columns=[
            "document_id",
            "asset_id",
            "version_utc",
            "received_utc",
            "grid_start_utc",
            "cardinality(power_kw) as quarter_hour_count",
        ],
    ) }}

)

select
    asset_id,
    version_utc,
    received_utc,
    document_id,
    grid_start_utc,
    quarter_hour_count
from newest_of_each_version
