select
    document_id,
    asset_id,
    version_utc,
    received_utc,
    content_sha256,
    grid_start_utc,
    grid_start_utc + value_count * interval '15 minutes' as grid_end_utc,
    power_kw,
    version_utc as from_utc,
    grid_start_utc + value_count * interval '15 minutes' as to_utc
from {{ source("raw", "forecast_version") }}
