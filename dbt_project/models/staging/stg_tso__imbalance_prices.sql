-- Without a CTE: PostgreSQL plans a view that has one by itself, and no join could reach its indexes.
select
    source.price_status,
    source.delivery_start_utc[place.position] as delivery_start_utc,
    source.short_price_eur_per_mwh[place.position] as short_price_eur_per_mwh,
    source.long_price_eur_per_mwh[place.position] as long_price_eur_per_mwh,
    source.first_delivery_start_utc,
    source.last_delivery_start_utc,
    source.made_utc,
    source.received_utc,
    source.content_sha256,
    source.document_id,
    {{ file_name("source.source_uri") }} as source_file_name
from {{ source("raw", "imbalance_price") }} as source
cross join lateral {{ each_array_position("source.delivery_start_utc", "place") }}
where
    {{ is_in_build("imbalance_price") }}
    -- Half a price is none: what the other side would pay is not known.
    and source.short_price_eur_per_mwh[place.position] is not null
    and source.long_price_eur_per_mwh[place.position] is not null
