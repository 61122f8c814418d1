with source as (

    select
        document_id,
        created_utc,
        received_utc,
        content_sha256,
        assets
    from {{ source("raw", "technical_data") }}
    where {{ is_in_build() }}

),

newest_of_each_file as (

    {{ newest_per_key(
        "source",
        key=["created_utc"],
        newest_first=["received_utc desc", "content_sha256 desc"],
        columns=["document_id", "created_utc", "received_utc", "assets"],
    ) }}

)

select
    created_utc,
    received_utc,
    document_id,
    assets
from newest_of_each_file
