{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_day_utc", "lead_minutes", "is_capacity_known"],
) }}

with outcomes as (

    select
        verified.asset_id,
        verified.delivery_start_utc,
        verified.final_power_kw,
        verified.capacity_kw
    from {{ ref("int_forecasts_verified") }} as verified
    {{ join_affected("verified") }}
    where not verified.is_redispatched

),

errors as (

    {{ lead_time_errors(
        outcomes="outcomes",
        versions=ref("stg_vpp__forecast_versions"),
        documents=ref("stg_vpp__forecast_documents"),
        longest_lead_minutes=2880,
    ) }}

)

select
    asset_id,
    delivery_day_utc,
    lead_minutes,
    is_capacity_known,
    quarter_hour_count,
    error_sum_kw,
    absolute_error_sum_kw,
    squared_error_sum_kw2,
    capacity_sum_kw
from errors
