{{ config(
    materialized="incremental",
    unique_key=["source", "asset_id", "delivery_date"],
    indexes=[{"columns": ["source", "delivery_date"]}],
) }}

with received as (

    select
        'forecast' as source,
        asset_id,
        delivery_start_utc,
        delivery_date
    from {{ ref("asset_forecasts") }}
    where latest_power_kw is not null
    union all
    select
        'live' as source,
        asset_id,
        delivery_start_utc,
        delivery_date
    from {{ ref("live_infeed") }}
    where power_kw is not null
    union all
    select
        'final_production' as source,
        asset_id,
        delivery_start_utc,
        delivery_date
    from {{ ref("dso_final_production") }}
    where power_kw is not null

),

affected_days as (

    select
        received.source,
        received.asset_id,
        received.delivery_start_utc,
        received.delivery_date
    from received
    {{ join_affected("received") }}
    where {{ is_between_affected("received.delivery_start_utc") }}

)

select
    affected_days.source,
    affected_days.asset_id,
    affected_days.delivery_date,
    count(*)::integer as received_count,
    count(members.asset_id)::integer as received_in_portfolio_count
from affected_days
{{ join_members(to="affected_days") }}
group by affected_days.source, affected_days.asset_id, affected_days.delivery_date
