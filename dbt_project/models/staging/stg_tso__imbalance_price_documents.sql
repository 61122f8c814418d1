select
    document_id,
    first_delivery_start_utc as delivery_from_utc,
    last_delivery_start_utc + interval '15 minutes' as delivery_to_utc
from {{ source("raw", "imbalance_price") }}
