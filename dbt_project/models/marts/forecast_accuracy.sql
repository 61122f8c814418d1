{{ config(
    unique_key=["asset_id", "delivery_date", "forecast_kind"],
    meta={
        "affected_by": "int_forecast_accuracy_affected",
        "scope": "asset_id",
        "range_column": "(delivery_date::timestamp at time zone 'UTC')",
    },
) }}
-- depends_on: {{ ref("int_forecast_accuracy_affected") }}

with verified as (

    select
        verified.asset_id,
        verified.delivery_start_utc,
        verified.delivery_date,
        verified.final_power_kw,
        verified.latest_power_kw,
        verified.latest_persistence_kw,
        verified.tradeable_power_kw,
        verified.tradeable_persistence_kw,
        verified.capacity_kw,
        verified.is_redispatched
    from {{ ref("int_forecasts_verified") }} as verified
    {% if is_incremental() %}
        inner join affected
            on
                verified.asset_id = affected.asset_id
                and verified.delivery_start_utc >= affected.from_utc - interval '1 day'
                and verified.delivery_start_utc < affected.to_utc + interval '1 day'
                and verified.delivery_date::timestamp at time zone 'UTC' >= affected.from_utc
                and verified.delivery_date::timestamp at time zone 'UTC' < affected.to_utc
    {% endif %}

),

asset_timezones as (

    select
        asset_id,
        timezone
    from {{ ref("int_asset_timezones") }}

),

forecasts as (

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
        lateral (
            values
            ('latest', verified.latest_power_kw, verified.latest_persistence_kw),
            ('tradeable', verified.tradeable_power_kw, verified.tradeable_persistence_kw)
        ) as kind (forecast_kind, power_kw, persistence_kw)

),

-- A plant that was curtailed did not produce what anybody could have forecast.
pairs as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        forecast_kind,
        case when not is_redispatched then error_kw end as error_kw,
        case when not is_redispatched and persistence_error_kw is not null then error_kw end as paired_error_kw,
        case when not is_redispatched and error_kw is not null then persistence_error_kw end as persistence_error_kw,
        capacity_kw,
        case when is_redispatched then error_kw end as redispatched_error_kw
    from forecasts

),

sums as (

    select
        asset_id,
        delivery_date,
        forecast_kind,
        count(redispatched_error_kw)::integer as redispatched_count,
        {{ error_sums(order_by="delivery_start_utc", has_persistence=true) }}
    from pairs
    group by asset_id, delivery_date, forecast_kind

),

measures as (

    select
        asset_id,
        delivery_date,
        forecast_kind,
        redispatched_count,
        {{ error_measures(has_persistence=true) }}
    from sums

),

-- 96 quarter-hours, or 92 or 100 where the clocks change.
days as (

    select
        measures.*,
        {{ quarter_hours_between(
            local_midnight("measures.delivery_date", "coalesce(asset_timezones.timezone, " ~ portfolio_timezone() ~ ")"),
            local_midnight(
                "measures.delivery_date + 1",
                "coalesce(asset_timezones.timezone, " ~ portfolio_timezone() ~ ")",
            ),
        ) }} as expected_count
    from measures
    left join asset_timezones on measures.asset_id = asset_timezones.asset_id

)

select
    asset_id,
    delivery_date,
    forecast_kind,
    quarter_hour_count,
    expected_count,
    quarter_hour_count::double precision / expected_count as coverage_ratio,
    redispatched_count,
    mae_kw,
    rmse_kw,
    bias_kw,
    normalised_quarter_hour_count,
    nmae,
    nrmse,
    nbias,
    persistence_quarter_hour_count,
    paired_rmse_kw,
    persistence_rmse_kw,
    skill_score
from days
