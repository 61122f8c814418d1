select
    document_id,
    retracted_document_id,
    reason,
    received_utc
from {{ source("raw", "retraction") }}
