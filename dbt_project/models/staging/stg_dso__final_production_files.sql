select
    document_id,
    metering_point_id,
    issued_date,
    grid_start_utc,
    grid_start_utc as from_utc,
    grid_start_utc + {{ element_count("power_kw") }} * interval '15 minutes' as to_utc,
    power_kw,
    received_utc,
    content_sha256,
    source_uri
from {{ source("raw", "final_production") }}
