select
    quarter_hour.delivery_start_utc,
    priced.price_eur_per_mwh,
    documents.issued_date,
    documents.received_utc,
    documents.content_sha256,
    documents.document_id
from {{ ref("stg_dso__redispatch_compensation_files") }} as documents
cross join
    lateral {{ each_array_element(
        {
            "delivery_start_utc": "documents.delivery_start_utc",
            "delivery_end_utc": "documents.delivery_end_utc",
            "price_eur_per_mwh": "documents.price_eur_per_mwh",
        },
        "priced",
    ) }}
cross join
    lateral {{ each_quarter_hour("priced.delivery_start_utc", "priced.delivery_end_utc", "quarter_hour") }}
where
    {{ is_in_build() }}
    and priced.price_eur_per_mwh is not null
