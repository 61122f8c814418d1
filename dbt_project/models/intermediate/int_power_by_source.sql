{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[
        {"columns": ["delivery_start_utc"]},
        {"columns": ["delivery_date", "asset_id"]},
        {"columns": ["open_version_utc"]},
    ],
) }}

with in_force as (

    select
        in_force.asset_id,
        in_force.delivery_start_utc,
        in_force.delivery_date,
        in_force.to_utc,
        in_force.latest_version_utc,
        in_force.open_version_utc,
        in_force.open_power_kw
    from {{ ref("int_forecasts_in_force") }} as in_force
    {{ join_affected("in_force") }}

),

forecasts as (

    select
        forecasts.asset_id,
        forecasts.delivery_start_utc,
        forecasts.latest_version_utc,
        forecasts.latest_power_kw,
        forecasts.tradeable_power_kw
    from {{ ref("asset_forecasts") }} as forecasts
    {{ join_affected("forecasts") }}

),

live as (

    select
        live.asset_id,
        live.delivery_start_utc,
        live.delivery_date,
        live.power_kw
    from {{ ref("live_infeed") }} as live
    {{ join_affected("live") }}

),

final_production as (

    select
        final_production.asset_id,
        final_production.delivery_start_utc,
        final_production.delivery_date,
        final_production.power_kw
    from {{ ref("dso_final_production") }} as final_production
    {{ join_affected("final_production") }}

),

-- All except those known only from a version that the next one will replace.
quarter_hours as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date
    from in_force
    where latest_version_utc is not null
    union
    select
        asset_id,
        delivery_start_utc,
        delivery_date
    from live
    union
    select
        asset_id,
        delivery_start_utc,
        delivery_date
    from final_production

),

known as (

    select
        quarter_hours.asset_id,
        quarter_hours.delivery_start_utc,
        quarter_hours.delivery_date,
        forecasts.latest_power_kw,
        forecasts.tradeable_power_kw,
        live.power_kw as live_power_kw,
        final_production.power_kw as final_power_kw,
        case when in_force.latest_version_utc is null then forecasts.latest_version_utc end as open_version_utc
    from quarter_hours
    left join in_force
        on
            quarter_hours.asset_id = in_force.asset_id
            and quarter_hours.delivery_start_utc = in_force.delivery_start_utc
    left join forecasts
        on
            quarter_hours.asset_id = forecasts.asset_id
            and quarter_hours.delivery_start_utc = forecasts.delivery_start_utc
    left join live
        on
            quarter_hours.asset_id = live.asset_id
            and quarter_hours.delivery_start_utc = live.delivery_start_utc
    left join final_production
        on
            quarter_hours.asset_id = final_production.asset_id
            and quarter_hours.delivery_start_utc = final_production.delivery_start_utc

),

open_quarter_hours as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        to_utc,
        open_version_utc,
        open_power_kw
    from in_force
    where open_version_utc is not null

)

select
    coalesce(known.asset_id, open_quarter_hours.asset_id) as asset_id,
    coalesce(known.delivery_start_utc, open_quarter_hours.delivery_start_utc) as delivery_start_utc,
    coalesce(known.delivery_date, open_quarter_hours.delivery_date) as delivery_date,
    coalesce(open_quarter_hours.to_utc, known.delivery_start_utc + interval '15 minutes') as to_utc,
    known.latest_power_kw,
    known.tradeable_power_kw,
    known.live_power_kw,
    known.final_power_kw,
    known.asset_id is null as is_only_open,
    coalesce(open_quarter_hours.open_version_utc, known.open_version_utc) as open_version_utc,
    open_quarter_hours.open_power_kw
from known
full join open_quarter_hours
    on
        known.asset_id = open_quarter_hours.asset_id
        and known.delivery_start_utc = open_quarter_hours.delivery_start_utc
