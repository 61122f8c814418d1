with source as (

    select
        document_id,
        issued_date,
        delivery_start_utc,
        delivery_end_utc,
        price_eur_per_mwh,
        received_utc,
        content_sha256
    from {{ ref("stg_dso__redispatch_compensation_files") }}
    where {{ is_in_build() }}

),

prices as (

    select
        quarter_hour.delivery_start_utc,
        priced.price_eur_per_mwh,
        source.issued_date,
        source.received_utc,
        source.content_sha256
    from source
    cross join
        lateral {{ each_array_element(
            {
                "delivery_start_utc": "source.delivery_start_utc",
                "delivery_end_utc": "source.delivery_end_utc",
                "price_eur_per_mwh": "source.price_eur_per_mwh",
            },
            "priced",
        ) }}
    cross join
        lateral {{ each_quarter_hour("priced.delivery_start_utc", "priced.delivery_end_utc", "quarter_hour") }}
    where priced.price_eur_per_mwh is not null

),

newest_of_each_quarter_hour as (

    {{ newest_per_key(
        "prices",
        key=["delivery_start_utc"],
        newest_first=["issued_date desc", "received_utc desc", "content_sha256 desc"],
        columns=["delivery_start_utc", "price_eur_per_mwh", "issued_date"],
    ) }}

)

select
    delivery_start_utc,
    price_eur_per_mwh,
    issued_date
from newest_of_each_quarter_hour
