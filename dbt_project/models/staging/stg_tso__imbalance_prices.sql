select
    documents.price_status,
    price.delivery_start_utc,
    price.short_price_eur_per_mwh,
    price.long_price_eur_per_mwh,
    documents.first_delivery_start_utc,
    documents.last_delivery_start_utc,
    documents.made_utc,
    documents.received_utc,
    documents.content_sha256,
    documents.document_id,
    {{ file_name("documents.source_uri") }} as source_file_name
from {{ ref("stg_tso__imbalance_price_files") }} as documents
cross join
    lateral {{ each_array_element(
        {
            "delivery_start_utc": "documents.delivery_start_utc",
            "short_price_eur_per_mwh": "documents.short_price_eur_per_mwh",
            "long_price_eur_per_mwh": "documents.long_price_eur_per_mwh",
        },
        "price",
    ) }}
where {{ is_in_build() }}
