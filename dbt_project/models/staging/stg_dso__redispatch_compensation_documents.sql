select
    document_id,
    delivery_from_utc,
    delivery_to_utc
from {{ source("raw", "redispatch_compensation") }}
