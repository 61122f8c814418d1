with source as (

    select
        document_id,
        exported_utc,
        received_utc,
        content_sha256,
        contracts
    from {{ source("raw", "asset_contracts") }}
    where {{ is_in_build() }}

),

newest_of_each_export as (

    {{ newest_per_key(
        "source",
        key=["exported_utc"],
        newest_first=["received_utc desc", "content_sha256 desc"],
        columns=["document_id", "exported_utc", "received_utc", "contracts"],
    ) }}

)

select
    exported_utc,
    received_utc,
    document_id,
    contracts
from newest_of_each_export
