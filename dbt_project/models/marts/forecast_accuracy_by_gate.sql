{{ config(unique_key=["asset_id", "delivery_date", "gate"], indexes=[{"columns": ["delivery_date"]}]) }}

with errors as (

    select
        errors.asset_id,
        errors.delivery_start_utc,
        errors.delivery_date,
        errors.gate,
        errors.error_kw,
        errors.capacity_kw,
        errors.is_left_out,
        errors.imbalance_kwh,
        errors.imbalance_eur
    from {{ ref("int_gate_errors") }} as errors
    {{ join_affected("errors") }}

),

sums as (

    select
        asset_id,
        delivery_date,
        gate,
        count(*) filter (where is_left_out)::integer as left_out_count,
        {{ error_sums(order_by="delivery_start_utc") }},
        {{ imbalance_sums(order_by="delivery_start_utc") }}
    from errors
    group by asset_id, delivery_date, gate

),

measures as (

    select
        asset_id,
        delivery_date,
        gate,
        left_out_count,
        {{ error_measures() }},
        imbalance_kwh,
        absolute_imbalance_kwh,
        priced_quarter_hour_count,
        imbalance_eur
    from sums

)

select
    asset_id,
    delivery_date,
    gate,
    quarter_hour_count,
    left_out_count,
    mae_kw,
    rmse_kw,
    bias_kw,
    normalised_quarter_hour_count,
    nmae,
    imbalance_kwh,
    absolute_imbalance_kwh,
    priced_quarter_hour_count,
    imbalance_eur
from measures
