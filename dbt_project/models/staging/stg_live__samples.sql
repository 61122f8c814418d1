-- Without a CTE: PostgreSQL plans a view that has one by itself, and no join could reach its indexes.
select
    source.document_id,
    place.position,
    source.asset_id,
    source.measured_utc[place.position] as measured_utc,
    source.power_kw[place.position] as power_kw,
    source.quality[place.position] as quality,
    source.measured_from_utc as document_from_utc,
    source.measured_to_utc as document_to_utc,
    source.received_utc,
    source.content_sha256
from {{ source("raw", "live_infeed") }} as source
cross join lateral {{ each_array_position("source.measured_utc", "place") }}
where {{ is_in_build("live_infeed") }}
