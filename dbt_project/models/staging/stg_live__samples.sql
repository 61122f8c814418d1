-- Without a CTE: PostgreSQL plans a view that has one by itself, and no join could reach its indexes.
select
    source.document_id,
    sample.position,
    source.asset_id,
    sample.measured_utc,
    sample.power_kw,
    sample.quality,
    source.measured_from_utc as document_from_utc,
    source.measured_to_utc as document_to_utc,
    source.received_utc,
    source.content_sha256
from {{ source("raw", "live_infeed") }} as source
cross join
    lateral {{ each_array_element(
        {
            "measured_utc": "source.measured_utc",
            "power_kw": "source.power_kw",
            "quality": "source.quality",
        },
        "sample",
    ) }}
where {{ is_in_build() }}
