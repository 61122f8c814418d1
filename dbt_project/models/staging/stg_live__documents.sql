select
    document_id,
    asset_id,
    measured_from_utc,
    measured_to_utc,
    received_utc,
    content_sha256,
    source_uri,
    -- A sample ends the one before it, and may stay in force into the next day.
    measured_from_utc as from_utc,
    measured_to_utc + interval '{{ var("live_max_hold_minutes") }} minutes' as to_utc,
    measured_utc,
    power_kw,
    quality
from {{ source("raw", "live_infeed") }}
