-- Without a CTE: PostgreSQL plans a view that has one by itself, and no join could reach its indexes.
select
    source.price_status,
    price.delivery_start_utc,
    price.short_price_eur_per_mwh,
    price.long_price_eur_per_mwh,
    source.first_delivery_start_utc,
    source.last_delivery_start_utc,
    source.made_utc,
    source.received_utc,
    source.content_sha256,
    source.document_id,
    {{ file_name("source.source_uri") }} as source_file_name
from {{ source("raw", "imbalance_price") }} as source
cross join
    lateral {{ each_array_element(
        {
            "delivery_start_utc": "source.delivery_start_utc",
            "short_price_eur_per_mwh": "source.short_price_eur_per_mwh",
            "long_price_eur_per_mwh": "source.long_price_eur_per_mwh",
        },
        "price",
    ) }}
where
    {{ is_in_build() }}
    -- Half a price is none: what the other side would pay is not known.
    and price.short_price_eur_per_mwh is not null
    and price.long_price_eur_per_mwh is not null
