{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_day_utc", "lead_minutes", "is_capacity_known"],
    meta={
        "affected_by": "int_lead_time_errors_daily_affected",
        "scope": "asset_id",
        "range_column": "delivery_day_utc",
        "log_keys": ["asset_id"],
    },
) }}
-- depends_on: {{ ref("int_lead_time_errors_daily_affected") }}

with outcomes as (

    select
        verified.asset_id,
        verified.delivery_start_utc,
        verified.final_power_kw,
        verified.capacity_kw
    from {{ ref("int_forecasts_verified") }} as verified
    {% if is_incremental() %}
        inner join affected
            on
                verified.asset_id = affected.asset_id
                and verified.delivery_start_utc >= affected.from_utc
                and verified.delivery_start_utc < affected.to_utc
    {% endif %}
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
