select
    document_id,
    source,
    received_utc,
    instant_utc,
    source_uri
from {{ source("raw", "document") }}
where document_id <= {{ build_sees_upto() }}
