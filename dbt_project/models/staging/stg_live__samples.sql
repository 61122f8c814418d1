with source as (

    select
        document_id,
        asset_id,
        measured_utc,
        power_kw,
        quality,
        measured_from_utc,
        measured_to_utc,
        received_utc,
        content_sha256
    from {{ source("raw", "live_infeed") }}
    where {{ is_in_build("live_infeed") }}

)

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
from source
cross join lateral {{ each_array_position("source.measured_utc", "place") }}
