select
    documents.metering_point_id,
    quarter_hour.delivery_start_utc,
    flagged.is_redispatched,
    documents.issued_utc,
    documents.received_utc,
    documents.content_sha256,
    documents.document_id,
    flagged.position
from {{ source("raw", "redispatch_flag") }} as documents
cross join
    lateral {{ each_array_element(
        {
            "delivery_start_utc": "documents.delivery_start_utc",
            "delivery_end_utc": "documents.delivery_end_utc",
            "is_redispatched": "documents.is_redispatched",
        },
        "flagged",
    ) }}
cross join
    lateral {{ each_quarter_hour("flagged.delivery_start_utc", "flagged.delivery_end_utc", "quarter_hour") }}
where {{ is_in_build() }}
