{{ config(materialized="view") }}

with months as (

    select
        asset_id,
        delivery_month_utc,
        lead_minutes,
        is_capacity_known,
        quarter_hour_count,
        error_sum_kw,
        absolute_error_sum_kw,
        squared_error_sum_kw2,
        capacity_sum_kw
    from {{ ref("int_lead_time_errors_monthly") }}

),

sums as (

    select
        asset_id,
        lead_minutes,
        sum(quarter_hour_count)::integer as quarter_hour_count,
        {{ sum_in_order("error_sum_kw", ["delivery_month_utc", "is_capacity_known"]) }} as error_sum_kw,
        {{ sum_in_order("absolute_error_sum_kw", ["delivery_month_utc", "is_capacity_known"]) }}
            as absolute_error_sum_kw,
        {{ sum_in_order("squared_error_sum_kw2", ["delivery_month_utc", "is_capacity_known"]) }}
            as squared_error_sum_kw2,
        coalesce(sum(quarter_hour_count) filter (where is_capacity_known), 0)::integer as normalised_quarter_hour_count,
        {{ sum_in_order("error_sum_kw", ["delivery_month_utc"], where="is_capacity_known") }}
            as normalised_error_sum_kw,
        {{ sum_in_order("absolute_error_sum_kw", ["delivery_month_utc"], where="is_capacity_known") }}
            as normalised_absolute_error_sum_kw,
        {{ sum_in_order("squared_error_sum_kw2", ["delivery_month_utc"], where="is_capacity_known") }}
            as normalised_squared_error_sum_kw2,
        {{ sum_in_order("capacity_sum_kw", ["delivery_month_utc", "is_capacity_known"]) }} as capacity_sum_kw
    from months
    group by asset_id, lead_minutes

)

select
    asset_id,
    lead_minutes,
    {{ error_measures() }}
from sums
