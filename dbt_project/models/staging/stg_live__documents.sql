-- Without a CTE: PostgreSQL plans a view that has one by itself, and no join could reach its indexes.
select
    document_id,
    asset_id,
    measured_from_utc,
    measured_to_utc,
    received_utc,
    content_sha256,
    source_uri
from {{ source("raw", "live_infeed") }}
