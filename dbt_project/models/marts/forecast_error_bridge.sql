{{ config(unique_key=["asset_id", "delivery_date", "step"], indexes=[{"columns": ["delivery_date"]}]) }}

with errors as (

    select
        errors.asset_id,
        errors.delivery_start_utc,
        errors.delivery_date,
        errors.gate,
        errors.imbalance_kwh,
        errors.imbalance_eur
    from {{ ref("int_gate_errors") }} as errors
    {{ join_affected("errors") }}

),

closings as (

    select
        quarter_hours.delivery_start_utc,
        gates.gate,
        {{ gate_closes("gates", "quarter_hours.delivery_start_utc") }} as gate_closes_utc
    from (select distinct errors.delivery_start_utc from errors) as quarter_hours
    inner join {{ ref("market_gates") }} as gates on {{ is_gate_for("gates", "quarter_hours.delivery_start_utc") }}

),

at_gates as (

    select
        errors.asset_id,
        errors.delivery_start_utc,
        errors.delivery_date,
        errors.gate,
        closings.gate_closes_utc,
        errors.imbalance_kwh,
        errors.imbalance_eur,
        lag(errors.imbalance_kwh) over gate_order as imbalance_before_kwh,
        lag(errors.imbalance_eur) over gate_order as imbalance_before_eur,
        row_number() over gate_order = 1 as is_first,
        lead(errors.gate) over gate_order is null as is_last,
        count(*) over all_gates = count(errors.imbalance_kwh) over all_gates as is_forecast_at_every_gate
    from errors
    inner join closings
        on
            errors.delivery_start_utc = closings.delivery_start_utc
            and errors.gate = closings.gate
    window
        all_gates as (partition by errors.asset_id, errors.delivery_start_utc),
        gate_order as (
            partition by errors.asset_id, errors.delivery_start_utc
            order by closings.gate_closes_utc, {{ bytewise("errors.gate") }}
        )

),

-- What each correction brought, and what was left after the last one.
corrections as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        gate as step,
        {{ minutes_between("gate_closes_utc", "delivery_start_utc") }} as lead_minutes,
        imbalance_before_kwh - imbalance_kwh as energy_kwh,
        imbalance_eur - imbalance_before_eur as eur
    from at_gates
    where
        is_forecast_at_every_gate
        and not is_first
    union all
    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        'left_at_delivery' as step,
        -1 as lead_minutes,
        imbalance_kwh as energy_kwh,
        0 - imbalance_eur as eur
    from at_gates
    where
        is_forecast_at_every_gate
        and is_last

),

steps as (

    select
        asset_id,
        delivery_date,
        step,
        -max(lead_minutes) as place,
        count(*)::integer as quarter_hour_count,
        count(eur)::integer as priced_quarter_hour_count,
        {{ sum_in_order("energy_kwh", ["delivery_start_utc"]) }} as energy_kwh,
        {{ sum_in_order("eur", ["delivery_start_utc"]) }} as eur
    from corrections
    group by asset_id, delivery_date, step

)

select
    asset_id,
    delivery_date,
    step,
    row_number() over (partition by asset_id, delivery_date order by place, {{ bytewise("step") }})::integer
        as step_order,
    quarter_hour_count,
    energy_kwh,
    priced_quarter_hour_count,
    eur
from steps
