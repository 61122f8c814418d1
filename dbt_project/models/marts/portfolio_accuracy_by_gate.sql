{{ config(unique_key=["delivery_date", "gate"]) }}

{%- set delivery_date = local_date("errors.delivery_start_utc", portfolio_timezone()) %}

with errors as (

    select
        errors.asset_id,
        errors.delivery_start_utc,
        {{ delivery_date }} as delivery_date,
        errors.gate,
        errors.error_kw,
        errors.capacity_kw,
        errors.is_left_out,
        errors.imbalance_kwh,
        errors.short_price_eur_per_mwh,
        errors.long_price_eur_per_mwh
    from {{ ref("int_gate_errors") }} as errors
    {{ join_affected("errors", delivery_date=delivery_date) }}

),

-- Errors of the summed series: one asset's surplus and another's shortfall net out.
quarter_hours as (

    select
        errors.delivery_start_utc,
        errors.delivery_date,
        errors.gate,
        count(errors.error_kw) as asset_count,
        count(*) filter (where errors.is_left_out) as left_out_asset_count,
        {{ sum_by_asset("errors.error_kw", "errors.asset_id") }} as error_kw,
        {{ sum_by_asset("errors.imbalance_kwh", "errors.asset_id") }} as imbalance_kwh,
        -- A sum that lacks an asset is not the capacity of what was summed.
        case
            when count(errors.capacity_kw) = count(errors.error_kw)
                then {{ sum_by_asset("errors.capacity_kw", "errors.asset_id") }}
        end as capacity_kw,
        max(errors.short_price_eur_per_mwh) as short_price_eur_per_mwh,
        max(errors.long_price_eur_per_mwh) as long_price_eur_per_mwh
    from errors
    {{ join_members(to="errors", how="inner") }}
    group by errors.delivery_start_utc, errors.delivery_date, errors.gate

),

priced as (

    select
        delivery_start_utc,
        delivery_date,
        gate,
        asset_count,
        left_out_asset_count,
        error_kw,
        capacity_kw,
        imbalance_kwh,
        {{ imbalance_value_eur("imbalance_kwh", "short_price_eur_per_mwh", "long_price_eur_per_mwh") }}
            as imbalance_eur
    from quarter_hours

),

sums as (

    select
        delivery_date,
        gate,
        sum(asset_count)::integer as asset_quarter_hour_count,
        sum(left_out_asset_count)::integer as left_out_count,
        {{ error_sums(order_by="delivery_start_utc") }},
        {{ imbalance_sums(order_by="delivery_start_utc") }}
    from priced
    group by delivery_date, gate

),

measures as (

    select
        delivery_date,
        gate,
        asset_quarter_hour_count,
        left_out_count,
        {{ error_measures() }},
        imbalance_kwh,
        absolute_imbalance_kwh,
        priced_quarter_hour_count,
        imbalance_eur
    from sums

)

select
    delivery_date,
    gate,
    quarter_hour_count,
    asset_quarter_hour_count,
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
