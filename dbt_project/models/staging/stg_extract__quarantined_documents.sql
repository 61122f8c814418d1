select
    document_id,
    source,
    received_utc
from {{ source("raw", "quarantine") }}
where document_id <= {{ build_sees_upto() }}
