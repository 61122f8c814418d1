{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_month_utc", "lead_minutes", "is_capacity_known"],
) }}

with days as (

    select
        errors.asset_id,
        errors.delivery_day_utc,
        errors.lead_minutes,
        errors.is_capacity_known,
        errors.quarter_hour_count,
        errors.error_sum_kw,
        errors.absolute_error_sum_kw,
        errors.squared_error_sum_kw2,
        errors.capacity_sum_kw
    from {{ ref("int_lead_time_errors_daily") }} as errors
    {{ join_affected("errors", instant="delivery_day_utc") }}

)

select
    asset_id,
    {{ utc_month_start("delivery_day_utc") }} as delivery_month_utc,
    lead_minutes,
    is_capacity_known,
    sum(quarter_hour_count)::integer as quarter_hour_count,
    {{ sum_in_order("error_sum_kw", ["delivery_day_utc"]) }} as error_sum_kw,
    {{ sum_in_order("absolute_error_sum_kw", ["delivery_day_utc"]) }} as absolute_error_sum_kw,
    {{ sum_in_order("squared_error_sum_kw2", ["delivery_day_utc"]) }} as squared_error_sum_kw2,
    {{ sum_in_order("capacity_sum_kw", ["delivery_day_utc"]) }} as capacity_sum_kw
from days
group by asset_id, {{ utc_month_start("delivery_day_utc") }}, lead_minutes, is_capacity_known
