-- Without a CTE: PostgreSQL plans a view that has one by itself, and no condition could reach the index.
select
    document_id,
    source,
    received_utc
from {{ source("raw", "quarantine") }}
where document_id <= {{ build_sees_upto() }}
