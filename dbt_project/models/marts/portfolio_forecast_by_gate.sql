{{ config(materialized="view") }}

with newest as (

    select
        delivery_start_utc,
        version_utc,
        power_kw,
        asset_count
    from {{ ref("int_portfolio_forecast_by_gate") }}
    where gate = ''

),

closed as (

    select
        delivery_start_utc,
        gate,
        power_kw,
        asset_count
    from {{ ref("int_portfolio_forecast_by_gate") }}
    where gate <> ''

),

closings as (

    {{ gates_of("newest") }}

),

forecasts as (

    select
        closings.delivery_start_utc,
        closings.gate,
        closings.gate_closes_utc,
        case
            when newest.version_utc <= closings.gate_closes_utc then newest.power_kw
            else closed.power_kw
        end as power_kw,
        case
            when newest.version_utc <= closings.gate_closes_utc then newest.asset_count
            else coalesce(closed.asset_count, 0)
        end as asset_count
    from newest
    inner join closings on newest.delivery_start_utc = closings.delivery_start_utc
    left join closed
        on
            closings.delivery_start_utc = closed.delivery_start_utc
            and closings.gate = closed.gate

)

select
    forecasts.delivery_start_utc,
    {{ local_date("forecasts.delivery_start_utc", portfolio_timezone()) }} as delivery_date,
    forecasts.gate,
    forecasts.gate_closes_utc,
    forecasts.power_kw,
    forecasts.power_kw * 0.25 / 1000 as energy_mwh,
    forecasts.asset_count,
    totals.expected_asset_count,
    forecasts.asset_count = totals.expected_asset_count as is_complete
from forecasts
{{ join_portfolio_totals(to="forecasts") }}
