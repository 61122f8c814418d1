{{ config(unique_key=["delivery_date", "forecast_kind"]) }}

{%- set delivery_date = local_date("errors.delivery_start_utc", portfolio_timezone()) %}

with errors as (

    select
        errors.asset_id,
        errors.delivery_start_utc,
        {{ delivery_date }} as delivery_date,
        errors.forecast_kind,
        errors.error_kw,
        errors.paired_error_kw,
        errors.persistence_error_kw,
        errors.capacity_kw,
        errors.is_left_out
    from {{ ref("int_forecast_errors") }} as errors
    {{ join_affected("errors", delivery_date=delivery_date) }}

),

-- Errors of the summed series: one asset's surplus and another's shortfall net out.
quarter_hours as (

    select
        errors.delivery_start_utc,
        errors.delivery_date,
        errors.forecast_kind,
        count(errors.error_kw) as asset_count,
        count(errors.paired_error_kw) as paired_asset_count,
        count(*) filter (where errors.is_left_out) as redispatched_asset_count,
        {{ sum_by_asset("errors.error_kw", "errors.asset_id") }} as error_kw,
        {{ sum_by_asset("errors.paired_error_kw", "errors.asset_id") }} as paired_error_kw,
        {{ sum_by_asset("errors.persistence_error_kw", "errors.asset_id") }} as persistence_error_kw,
        -- A sum that lacks an asset is not the capacity of what was summed.
        case
            when count(errors.capacity_kw) = count(errors.error_kw)
                then {{ sum_by_asset("errors.capacity_kw", "errors.asset_id") }}
        end as capacity_kw
    from errors
    {{ join_members(to="errors", how="inner") }}
    group by errors.delivery_start_utc, errors.delivery_date, errors.forecast_kind

),

sums as (

    select
        delivery_date,
        forecast_kind,
        sum(asset_count)::integer as asset_quarter_hour_count,
        sum(paired_asset_count)::integer as persistence_asset_quarter_hour_count,
        sum(redispatched_asset_count)::integer as redispatched_count,
        {{ error_sums(order_by="delivery_start_utc", has_persistence=true) }}
    from quarter_hours
    group by delivery_date, forecast_kind

),

measures as (

    select
        delivery_date,
        forecast_kind,
        asset_quarter_hour_count,
        persistence_asset_quarter_hour_count,
        redispatched_count,
        {{ error_measures(has_persistence=true) }}
    from sums

),

-- The most there could have been: each quarter-hour of the day counts the assets in the portfolio then.
expected as (

    select
        delivery_days.delivery_date,
        count(*)::integer as expected_count,
        sum(totals.expected_asset_count)::integer as expected_asset_quarter_hour_count
    from (select distinct sums.delivery_date from sums) as delivery_days
    cross join
        lateral {{ each_quarter_hour(
            local_midnight("delivery_days.delivery_date", portfolio_timezone()),
            local_midnight("delivery_days.delivery_date + 1", portfolio_timezone()),
            "quarter_hour",
        ) }}
    {{ join_portfolio_totals(to="quarter_hour") }}
    group by delivery_days.delivery_date

)

select
    measures.delivery_date,
    measures.forecast_kind,
    measures.quarter_hour_count,
    expected.expected_count,
    measures.asset_quarter_hour_count,
    expected.expected_asset_quarter_hour_count,
    -- Every row has an asset in the portfolio.
    {{ double("measures.asset_quarter_hour_count") }} / expected.expected_asset_quarter_hour_count as coverage_ratio,
    measures.redispatched_count,
    measures.mae_kw,
    measures.rmse_kw,
    measures.bias_kw,
    measures.normalised_quarter_hour_count,
    measures.nmae,
    measures.nrmse,
    measures.nbias,
    measures.persistence_quarter_hour_count,
    measures.persistence_asset_quarter_hour_count,
    measures.paired_rmse_kw,
    measures.persistence_rmse_kw,
    measures.skill_score
from measures
inner join expected on measures.delivery_date = expected.delivery_date
