with verified as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        final_power_kw,
        latest_power_kw,
        latest_persistence_kw,
        tradeable_power_kw,
        tradeable_persistence_kw,
        capacity_kw,
        is_redispatched
    from {{ ref("int_forecasts_verified") }}

),

errors as (

    select
        verified.asset_id,
        verified.delivery_start_utc,
        verified.delivery_date,
        kind.forecast_kind,
        kind.power_kw - verified.final_power_kw as error_kw,
        kind.persistence_kw - verified.final_power_kw as persistence_error_kw,
        verified.capacity_kw,
        verified.is_redispatched
    from verified
    cross join
        lateral {{ each_row(
            [
                ["'latest'", "verified.latest_power_kw", "verified.latest_persistence_kw"],
                ["'tradeable'", "verified.tradeable_power_kw", "verified.tradeable_persistence_kw"],
            ],
            columns=["forecast_kind", "power_kw", "persistence_kw"],
            name="kind",
        ) }}

)

-- Nobody could have forecast what a curtailed plant produced: it is left out and counted.
select
    asset_id,
    delivery_start_utc,
    delivery_date,
    forecast_kind,
    case when not is_redispatched then error_kw end as error_kw,
    case when not is_redispatched and persistence_error_kw is not null then error_kw end as paired_error_kw,
    case when not is_redispatched and error_kw is not null then persistence_error_kw end as persistence_error_kw,
    case when not is_redispatched and error_kw is not null then capacity_kw end as capacity_kw,
    is_redispatched and error_kw is not null as is_left_out
from errors
