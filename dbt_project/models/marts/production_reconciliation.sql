with forecasts as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        latest_power_kw,
        tradeable_power_kw
    from {{ ref("asset_forecasts") }}

),

live as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        power_kw
    from {{ ref("live_infeed") }}

),

final_production as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        power_kw
    from {{ ref("dso_final_production") }}

),

known as (

    select
        coalesce(forecasts.asset_id, live.asset_id, final_production.asset_id) as asset_id,
        coalesce(forecasts.delivery_start_utc, live.delivery_start_utc, final_production.delivery_start_utc)
            as delivery_start_utc,
        coalesce(forecasts.delivery_date, live.delivery_date, final_production.delivery_date) as delivery_date,
        forecasts.latest_power_kw,
        forecasts.tradeable_power_kw,
        live.power_kw as live_power_kw,
        final_production.power_kw as final_power_kw
    from forecasts
    full join live
        on
            forecasts.asset_id = live.asset_id
            and forecasts.delivery_start_utc = live.delivery_start_utc
    full join final_production
        on
            coalesce(forecasts.asset_id, live.asset_id) = final_production.asset_id
            and coalesce(forecasts.delivery_start_utc, live.delivery_start_utc) = final_production.delivery_start_utc

)

select
    asset_id,
    delivery_start_utc,
    delivery_date,
    latest_power_kw,
    tradeable_power_kw,
    live_power_kw,
    final_power_kw,
    latest_power_kw - final_power_kw as latest_error_kw,
    tradeable_power_kw - final_power_kw as tradeable_error_kw,
    live_power_kw - final_power_kw as live_error_kw,
    case
        when tradeable_power_kw is not null and final_power_kw is not null then 'reconciled'
        when tradeable_power_kw is not null then 'missing_final'
        when final_power_kw is not null then 'missing_forecast'
        else 'missing_both'
    end as status
from known
