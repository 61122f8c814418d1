{{ config(materialized="view") }}

with reconciliation as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        tradeable_power_kw,
        final_power_kw,
        status,
        {{ imbalance_kwh("final_power_kw", "tradeable_power_kw") }} as imbalance_kwh
    from {{ ref("production_reconciliation") }}

),

prices as (

    select
        delivery_start_utc,
        price_status,
        short_price_eur_per_mwh,
        long_price_eur_per_mwh,
        source_file_name
    from {{ ref("int_imbalance_prices") }}

),

priced as (

    select
        reconciliation.asset_id,
        reconciliation.delivery_start_utc,
        reconciliation.delivery_date,
        reconciliation.tradeable_power_kw,
        reconciliation.final_power_kw,
        reconciliation.imbalance_kwh,
        {{ price_of_side(
            "reconciliation.imbalance_kwh",
            "prices.short_price_eur_per_mwh",
            "prices.long_price_eur_per_mwh",
        ) }} as price_eur_per_mwh,
        case when reconciliation.imbalance_kwh is not null then prices.price_status end as price_status,
        case when reconciliation.imbalance_kwh is not null then prices.source_file_name end as price_source_file_name,
        reconciliation.status
    from reconciliation
    left join prices on reconciliation.delivery_start_utc = prices.delivery_start_utc

)

select
    asset_id,
    delivery_start_utc,
    delivery_date,
    tradeable_power_kw,
    final_power_kw,
    imbalance_kwh,
    price_eur_per_mwh,
    price_status,
    {{ energy_value_eur("imbalance_kwh", "price_eur_per_mwh") }} as imbalance_eur,
    price_source_file_name,
    status
from priced
