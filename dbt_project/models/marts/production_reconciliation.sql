{{ config(materialized="view") }}

-- Not materialized: a question about one asset or day reaches each source.
with forecasts as not materialized (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        latest_power_kw,
        tradeable_power_kw
    from {{ ref("asset_forecasts") }}

),

live as not materialized (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        power_kw
    from {{ ref("live_infeed") }}

),

final_production as not materialized (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        power_kw
    from {{ ref("dso_final_production") }}

),

-- Three parts that share no row, instead of a full join, which would have to be made whole for every question.
known as (

    select
        forecasts.asset_id,
        forecasts.delivery_start_utc,
        forecasts.delivery_date,
        forecasts.latest_power_kw,
        forecasts.tradeable_power_kw,
        live.power_kw as live_power_kw,
        final_production.power_kw as final_power_kw
    from forecasts
    left join live
        on
            forecasts.asset_id = live.asset_id
            and forecasts.delivery_start_utc = live.delivery_start_utc
    left join final_production
        on
            forecasts.asset_id = final_production.asset_id
            and forecasts.delivery_start_utc = final_production.delivery_start_utc
    union all
    select
        live.asset_id,
        live.delivery_start_utc,
        live.delivery_date,
        null as latest_power_kw,
        null as tradeable_power_kw,
        live.power_kw as live_power_kw,
        final_production.power_kw as final_power_kw
    from live
    left join final_production
        on
            live.asset_id = final_production.asset_id
            and live.delivery_start_utc = final_production.delivery_start_utc
    where
        not exists (
            select forecasts.asset_id from forecasts
            where
                forecasts.asset_id = live.asset_id
                and forecasts.delivery_start_utc = live.delivery_start_utc
        )
    union all
    select
        final_production.asset_id,
        final_production.delivery_start_utc,
        final_production.delivery_date,
        null as latest_power_kw,
        null as tradeable_power_kw,
        null as live_power_kw,
        final_production.power_kw as final_power_kw
    from final_production
    where
        not exists (
            select forecasts.asset_id from forecasts
            where
                forecasts.asset_id = final_production.asset_id
                and forecasts.delivery_start_utc = final_production.delivery_start_utc
        )
        and not exists (
            select live.asset_id from live
            where
                live.asset_id = final_production.asset_id
                and live.delivery_start_utc = final_production.delivery_start_utc
        )

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
