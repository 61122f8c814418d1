-- Without a CTE: PostgreSQL plans a view that has one by itself, and no condition could reach the indexes.
select
    document_id,
    source,
    received_utc,
    instant_utc,
    source_uri
from {{ source("raw", "document") }}
where document_id <= {{ build_sees_upto() }}
