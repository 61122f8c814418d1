with provisional as (

    select
        delivery_start_utc,
        compared_asset_count,
        settled_asset_count,
        tradeable_power_kw,
        measured_power_kw,
        imbalance_kwh,
        redispatched_imbalance_kwh,
        imbalance_eur,
        redispatched_imbalance_eur
    from {{ ref("portfolio_provisional_imbalance") }}

),

settled as (

    select
        delivery_start_utc,
        reconciled_asset_count,
        tradeable_power_kw,
        final_power_kw,
        imbalance_kwh,
        redispatched_imbalance_kwh,
        imbalance_eur,
        redispatched_imbalance_eur
    from {{ ref("portfolio_imbalance") }}

)

select
    provisional.delivery_start_utc,
    provisional.imbalance_kwh as provisional_imbalance_kwh,
    settled.imbalance_kwh
from provisional
left join settled on provisional.delivery_start_utc = settled.delivery_start_utc
where
    provisional.settled_asset_count is distinct from settled.reconciled_asset_count
    or (
        provisional.settled_asset_count = provisional.compared_asset_count
        and (
            provisional.tradeable_power_kw is distinct from settled.tradeable_power_kw
            or provisional.measured_power_kw is distinct from settled.final_power_kw
            or provisional.imbalance_kwh is distinct from settled.imbalance_kwh
            or provisional.redispatched_imbalance_kwh is distinct from settled.redispatched_imbalance_kwh
            or provisional.imbalance_eur is distinct from settled.imbalance_eur
            or provisional.redispatched_imbalance_eur is distinct from settled.redispatched_imbalance_eur
        )
    )
