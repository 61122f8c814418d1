-- If an asset's day has a forecast at every gate, the corrections and the rest add up to the first gate's imbalance.
with bridges as (

    select
        asset_id,
        delivery_date,
        max(quarter_hour_count) as quarter_hour_count,
        max(priced_quarter_hour_count) as priced_quarter_hour_count,
        sum(energy_kwh) as energy_kwh,
        sum(eur) as eur
    from {{ ref("forecast_error_bridge") }}
    group by asset_id, delivery_date

),

-- The first gate corrects nothing.
first_gates as (

    select
        accuracy.asset_id,
        accuracy.delivery_date,
        accuracy.quarter_hour_count,
        accuracy.priced_quarter_hour_count,
        accuracy.imbalance_kwh,
        accuracy.imbalance_eur
    from {{ ref("forecast_accuracy_by_gate") }} as accuracy
    left join {{ ref("forecast_error_bridge") }} as steps
        on
            accuracy.asset_id = steps.asset_id
            and accuracy.delivery_date = steps.delivery_date
            and accuracy.gate = steps.step
    where steps.asset_id is null

)

select
    bridges.asset_id,
    bridges.delivery_date,
    bridges.energy_kwh,
    first_gates.imbalance_kwh,
    bridges.eur,
    first_gates.imbalance_eur
from bridges
inner join first_gates
    on
        bridges.asset_id = first_gates.asset_id
        and bridges.delivery_date = first_gates.delivery_date
        and bridges.quarter_hour_count = first_gates.quarter_hour_count
where
    abs(bridges.energy_kwh - first_gates.imbalance_kwh) > 0.000001
    or (
        bridges.priced_quarter_hour_count = first_gates.priced_quarter_hour_count
        and abs(bridges.eur + first_gates.imbalance_eur) > 0.01
    )
