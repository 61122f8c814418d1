-- Without a CTE: PostgreSQL plans a view that has one by itself, and no condition could reach the index.
select
    document_id,
    quarantined_document_id,
    received_utc
from {{ source("raw", "quarantine_release") }}
where document_id <= {{ build_sees_upto() }}
