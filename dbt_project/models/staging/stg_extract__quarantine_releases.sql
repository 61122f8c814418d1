select
    document_id,
    quarantined_document_id,
    received_utc
from {{ source("raw", "quarantine_release") }}
where document_id <= {{ build_sees_upto() }}
