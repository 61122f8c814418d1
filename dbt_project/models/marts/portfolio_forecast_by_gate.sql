{{ config(materialized="view") }}

with closed as (

    select
        delivery_start_utc,
        delivery_date,
        gate,
        gate_closes_utc,
        power_kw,
        asset_count
    from {{ ref("int_portfolio_forecast_by_gate") }}
    where gate <> ''

),

still_open as (

    select
        newest.delivery_start_utc,
        newest.delivery_date,
        open_gate.gate,
        open_gate.gate_closes_utc,
        newest.power_kw,
        newest.asset_count
    from {{ ref("int_portfolio_forecast_by_gate") }} as newest
    cross join
        lateral {{ each_array_element(
            {"gate": "newest.open_gates", "gate_closes_utc": "newest.open_gate_closes_utc"},
            "open_gate",
        ) }}
    where newest.gate = ''

),

forecasts as (

    select * from closed
    union all
    select * from still_open

)

select
    forecasts.delivery_start_utc,
    forecasts.delivery_date,
    forecasts.gate,
    forecasts.gate_closes_utc,
    forecasts.power_kw,
    forecasts.power_kw * 0.25 / 1000 as energy_mwh,
    forecasts.asset_count,
    totals.expected_asset_count,
    forecasts.asset_count = nullif(totals.expected_asset_count, 0) as is_complete
from forecasts
{{ join_portfolio_totals(to="forecasts") }}
