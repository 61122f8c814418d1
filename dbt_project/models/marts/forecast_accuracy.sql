{{ config(unique_key=["asset_id", "delivery_date", "forecast_kind"], indexes=[{"columns": ["delivery_date"]}]) }}

with errors as (

    select
        errors.asset_id,
        errors.delivery_start_utc,
        errors.delivery_date,
        errors.forecast_kind,
        errors.error_kw,
        errors.paired_error_kw,
        errors.persistence_error_kw,
        errors.capacity_kw,
        errors.is_left_out
    from {{ ref("int_forecast_errors") }} as errors
    {{ join_affected("errors") }}

),

sums as (

    select
        asset_id,
        delivery_date,
        forecast_kind,
        count(*) filter (where is_left_out)::integer as redispatched_count,
        {{ error_sums(order_by="delivery_start_utc", has_persistence=true) }}
    from errors
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
            local_midnight("measures.delivery_date", timezone_of()),
            local_midnight(
                "measures.delivery_date + 1",
                timezone_of(),
            ),
        ) }} as expected_count
    from measures
    {{ join_timezone(to="measures") }}

)

select
    asset_id,
    delivery_date,
    forecast_kind,
    quarter_hour_count,
    expected_count,
    {{ double("quarter_hour_count") }} / expected_count as coverage_ratio,
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
