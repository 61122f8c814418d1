-- Without a CTE: PostgreSQL plans a view that has one by itself, and no join could reach its indexes.
select
    document_id,
    issued_date,
    delivery_from_utc as from_utc,
    delivery_to_utc as to_utc,
    delivery_start_utc,
    delivery_end_utc,
    price_eur_per_mwh,
    received_utc,
    content_sha256
from {{ source("raw", "redispatch_compensation") }}
