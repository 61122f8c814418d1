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
