{{ config(materialized="view") }}

with reconciliation as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        latest_power_kw,
        live_power_kw,
        final_power_kw
    from {{ ref("production_reconciliation") }}

),

redispatched as (

    select
        asset_id,
        delivery_start_utc
    from {{ ref("int_redispatched_quarter_hours") }}

),

findings as (

    select distinct
        source,
        asset_id,
        delivery_date
    from {{ ref("int_findings") }}

),

-- No forecast knows of curtailment; final and live values include it.
candidates as (

    select
        reconciliation.asset_id,
        reconciliation.delivery_start_utc,
        reconciliation.delivery_date,
        reconciliation.final_power_kw,
        reconciliation.live_power_kw,
        case
            when redispatched.asset_id is not null and reconciliation.latest_power_kw is not null then 0
            else reconciliation.latest_power_kw
        end as forecast_power_kw,
        redispatched.asset_id is not null as is_redispatched
    from reconciliation
    left join redispatched
        on
            reconciliation.asset_id = redispatched.asset_id
            and reconciliation.delivery_start_utc = redispatched.delivery_start_utc

),

best as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        coalesce(final_power_kw, live_power_kw, forecast_power_kw) as power_kw,
        case
            when final_power_kw is not null then 'final'
            when live_power_kw is not null then 'live'
            when forecast_power_kw is not null then 'forecast'
        end as infeed_source,
        is_redispatched
    from candidates

)

select
    best.asset_id,
    best.delivery_start_utc,
    best.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    best.delivery_date,
    best.power_kw,
    best.infeed_source,
    best.is_redispatched,
    -- The 0 of a redispatched asset does not come from the forecast, so no finding on the forecast concerns it.
    findings.source is not null and not (best.infeed_source = 'forecast' and best.is_redispatched) as has_finding
from best
left join findings
    on
        best.asset_id = findings.asset_id
        and best.delivery_date = findings.delivery_date
        and case best.infeed_source when 'final' then 'final_production' else best.infeed_source end = findings.source
