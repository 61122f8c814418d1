select
    document_id,
    price_status,
    made_utc,
    first_delivery_start_utc,
    last_delivery_start_utc,
    first_delivery_start_utc as from_utc,
    last_delivery_start_utc + interval '15 minutes' as to_utc,
    delivery_start_utc,
    short_price_eur_per_mwh,
    long_price_eur_per_mwh,
    received_utc,
    content_sha256,
    source_uri
from {{ source("raw", "imbalance_price") }}
