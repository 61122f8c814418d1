select
    documents.document_id,
    sample.position,
    documents.asset_id,
    sample.measured_utc,
    sample.power_kw,
    sample.quality,
    documents.measured_from_utc as document_from_utc,
    documents.measured_to_utc as document_to_utc,
    documents.received_utc,
    documents.content_sha256
from {{ ref("stg_live__documents") }} as documents
cross join
    lateral {{ each_array_element(
        {
            "measured_utc": "documents.measured_utc",
            "power_kw": "documents.power_kw",
            "quality": "documents.quality",
        },
        "sample",
    ) }}
where {{ is_in_build() }}
