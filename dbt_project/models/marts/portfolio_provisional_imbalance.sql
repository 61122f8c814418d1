{{ config(unique_key=["delivery_start_utc"], indexes=[{"columns": ["delivery_date"]}]) }}

with reconciliation as (

    select
        reconciliation.asset_id,
        reconciliation.delivery_start_utc,
        reconciliation.tradeable_power_kw,
        reconciliation.final_power_kw,
        reconciliation.measured_power_kw
    from {{ ref("production_reconciliation") }} as reconciliation
    {{ join_affected("reconciliation") }}

),

redispatched as (

    select
        asset_id,
        delivery_start_utc
    from {{ ref("int_redispatched_quarter_hours") }}

),

prices as (

    select
        delivery_start_utc,
        price_status,
        short_price_eur_per_mwh,
        long_price_eur_per_mwh
    from {{ ref("int_imbalance_prices") }}

),

imbalances as (

    select
        reconciliation.asset_id,
        reconciliation.delivery_start_utc,
        reconciliation.tradeable_power_kw,
        reconciliation.final_power_kw,
        reconciliation.measured_power_kw,
        {{ imbalance_kwh("reconciliation.measured_power_kw", "reconciliation.tradeable_power_kw") }} as imbalance_kwh,
        redispatched.asset_id is not null as is_redispatched
    from reconciliation
    left join redispatched
        on
            reconciliation.asset_id = redispatched.asset_id
            and reconciliation.delivery_start_utc = redispatched.delivery_start_utc

),

-- A quarter-hour without any compared asset has a row too.
sums as (

    select
        imbalances.delivery_start_utc,
        count(members.asset_id)::integer as compared_asset_count,
        count(imbalances.final_power_kw) filter (where members.asset_id is not null)::integer as settled_asset_count,
        {{ sum_by_asset("members.capacity_kw", "members.asset_id") }} as compared_capacity_kw,
        {{ sum_by_asset("imbalances.tradeable_power_kw", "members.asset_id") }} as tradeable_power_kw,
        {{ sum_by_asset("imbalances.measured_power_kw", "members.asset_id") }} as measured_power_kw,
        {{ sum_by_asset("imbalances.imbalance_kwh", "members.asset_id") }} as imbalance_kwh,
        {{ sum_by_asset(
            "case when imbalances.is_redispatched then imbalances.imbalance_kwh else 0 end",
            "members.asset_id",
        ) }} as redispatched_imbalance_kwh
    from imbalances
    {{ join_members(to="imbalances", more=["imbalances.imbalance_kwh is not null"]) }}
    group by imbalances.delivery_start_utc

),

priced as (

    select
        sums.delivery_start_utc,
        {{ local_date("sums.delivery_start_utc", portfolio_timezone()) }} as delivery_date,
        totals.expected_asset_count,
        sums.compared_asset_count,
        sums.settled_asset_count,
        sums.compared_capacity_kw,
        sums.tradeable_power_kw,
        sums.measured_power_kw,
        sums.imbalance_kwh,
        sums.redispatched_imbalance_kwh,
        {{ price_of_side(
            "sums.imbalance_kwh",
            "prices.short_price_eur_per_mwh",
            "prices.long_price_eur_per_mwh",
        ) }} as price_eur_per_mwh,
        case when sums.imbalance_kwh is not null then prices.price_status end as price_status
    from sums
    {{ join_portfolio_totals(to="sums") }}
    left join prices on sums.delivery_start_utc = prices.delivery_start_utc

)

select
    delivery_start_utc,
    delivery_date,
    expected_asset_count,
    compared_asset_count,
    settled_asset_count,
    compared_capacity_kw,
    tradeable_power_kw,
    measured_power_kw,
    imbalance_kwh,
    redispatched_imbalance_kwh,
    price_eur_per_mwh,
    price_status,
    {{ energy_value_eur("imbalance_kwh", "price_eur_per_mwh") }} as imbalance_eur,
    -- At the price of the whole sum, as in portfolio_imbalance.
    {{ energy_value_eur("redispatched_imbalance_kwh", "price_eur_per_mwh") }} as redispatched_imbalance_eur
from priced
