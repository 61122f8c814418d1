{{ config(materialized="incremental", unique_key=["delivery_start_utc"]) }}

with prices as (

    select
        prices.delivery_start_utc,
        prices.price_status,
        prices.short_price_eur_per_mwh,
        prices.long_price_eur_per_mwh,
        prices.made_utc,
        prices.received_utc,
        prices.content_sha256,
        prices.source_file_name
    from {{ ref("stg_tso__imbalance_prices") }} as prices
    -- Only files that reach into the range.
    {{ join_affected(
        "prices",
        more=[
            "prices.last_delivery_start_utc >= affected.from_utc",
            "prices.first_delivery_start_utc < affected.to_utc",
        ],
    ) }}
    -- One side without the other is no price.
    where
        prices.short_price_eur_per_mwh is not null
        and prices.long_price_eur_per_mwh is not null

),

newest_price as (

    {{ newest_per_key(
        "prices",
        key=["delivery_start_utc"],
        newest_first=["(price_status = 'final') desc", "made_utc desc", "received_utc desc", "content_sha256 desc"],
        columns=[
            "delivery_start_utc",
            "price_status",
            "short_price_eur_per_mwh",
            "long_price_eur_per_mwh",
            "source_file_name",
        ],
    ) }}

)

select
    delivery_start_utc,
    price_status,
    short_price_eur_per_mwh,
    long_price_eur_per_mwh,
    source_file_name
from newest_price
