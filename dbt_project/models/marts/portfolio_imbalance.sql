{{ config(unique_key=["delivery_start_utc"], indexes=[{"columns": ["delivery_date"]}]) }}

with reconciliation as (

    select
        reconciliation.delivery_start_utc,
        reconciliation.delivery_date,
        reconciliation.reconciled_asset_count,
        reconciliation.expected_asset_count,
        reconciliation.tradeable_power_kw,
        reconciliation.final_power_kw
    from {{ ref("portfolio_reconciliation") }} as reconciliation
    {{ join_affected("reconciliation") }}

),

imbalances as (

    select
        imbalances.asset_id,
        imbalances.delivery_start_utc,
        imbalances.imbalance_kwh,
        imbalances.imbalance_eur
    from {{ ref("imbalance") }} as imbalances
    {{ join_affected("imbalances") }}

),

prices as (

    select
        delivery_start_utc,
        price_status,
        short_price_eur_per_mwh,
        long_price_eur_per_mwh
    from {{ ref("int_imbalance_prices") }}

),

redispatched as (

    select
        asset_id,
        delivery_start_utc
    from {{ ref("int_redispatched_quarter_hours") }}

),

sums as (

    select
        imbalances.delivery_start_utc,
        {{ sum_by_asset("imbalances.imbalance_kwh", "members.asset_id") }} as imbalance_kwh,
        {{ sum_by_asset("imbalances.imbalance_eur", "members.asset_id") }} as assets_imbalance_eur,
        {{ sum_by_asset("greatest(imbalances.imbalance_kwh, 0)", "members.asset_id") }} as long_kwh,
        {{ sum_by_asset("greatest(-imbalances.imbalance_kwh, 0)", "members.asset_id") }} as short_kwh,
        {{ sum_by_asset(
            "case when redispatched.asset_id is not null then imbalances.imbalance_kwh else 0 end",
            "members.asset_id",
        ) }} as redispatched_imbalance_kwh
    from imbalances
    {{ join_members(to="imbalances", how="inner") }}
    left join redispatched
        on
            imbalances.asset_id = redispatched.asset_id
            and imbalances.delivery_start_utc = redispatched.delivery_start_utc
    -- What is reconciled; all others have no imbalance.
    where imbalances.imbalance_kwh is not null
    group by imbalances.delivery_start_utc

),

priced as (

    select
        reconciliation.delivery_start_utc,
        reconciliation.delivery_date,
        reconciliation.reconciled_asset_count,
        reconciliation.expected_asset_count,
        reconciliation.tradeable_power_kw,
        reconciliation.final_power_kw,
        sums.imbalance_kwh,
        {{ price_of_side(
            "sums.imbalance_kwh",
            "prices.short_price_eur_per_mwh",
            "prices.long_price_eur_per_mwh",
        ) }} as price_eur_per_mwh,
        case when sums.imbalance_kwh is not null then prices.price_status end as price_status,
        sums.assets_imbalance_eur,
        least(sums.long_kwh, sums.short_kwh) as netted_energy_kwh,
        prices.short_price_eur_per_mwh - prices.long_price_eur_per_mwh as price_spread_eur_per_mwh,
        sums.redispatched_imbalance_kwh
    from reconciliation
    left join sums on reconciliation.delivery_start_utc = sums.delivery_start_utc
    left join prices on reconciliation.delivery_start_utc = prices.delivery_start_utc

)

select
    delivery_start_utc,
    delivery_date,
    reconciled_asset_count,
    expected_asset_count,
    tradeable_power_kw,
    final_power_kw,
    imbalance_kwh,
    price_eur_per_mwh,
    price_status,
    {{ energy_value_eur("imbalance_kwh", "price_eur_per_mwh") }} as imbalance_eur,
    assets_imbalance_eur,
    netted_energy_kwh,
    -- The difference between the two sums before it, without their rounding: exactly 0 if both sides have one price.
    {{ energy_value_eur("netted_energy_kwh", "price_spread_eur_per_mwh") }} as netting_eur,
    redispatched_imbalance_kwh,
    -- At the price of the whole sum; the rest is the forecast's.
    {{ energy_value_eur("redispatched_imbalance_kwh", "price_eur_per_mwh") }} as redispatched_imbalance_eur
from priced
