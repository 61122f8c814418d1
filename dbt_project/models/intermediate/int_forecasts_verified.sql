{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[{"columns": ["delivery_start_utc"]}],
) }}

with final_production as (

    select
        final_production.asset_id,
        final_production.delivery_start_utc,
        final_production.delivery_date,
        final_production.power_kw
    from {{ ref("dso_final_production") }} as final_production
    {{ join_affected("final_production", by="int_forecasts_verified_affected") }}

),

forecasts as (

    select
        forecasts.asset_id,
        forecasts.delivery_start_utc,
        forecasts.latest_version_utc,
        forecasts.latest_power_kw,
        forecasts.tradeable_version_utc,
        forecasts.tradeable_power_kw
    from {{ ref("asset_forecasts") }} as forecasts
    where {{ is_between_affected("forecasts.delivery_start_utc") }}

),

redispatched as (

    select
        asset_id,
        delivery_start_utc
    from {{ ref("int_redispatched_quarter_hours") }}

),

uncurtailed_live as (

    {{ uncurtailed_live() }}

),

technical_periods as (

    select
        asset_id,
        capacity_kw,
        valid_from_utc,
        coalesce(valid_to_utc, {{ end_of_time() }}) as valid_to_utc
    from {{ ref("int_asset_technical_periods") }}

),

-- A member's capacity is known from its contract too.
known as (

    select
        final_production.asset_id,
        final_production.delivery_start_utc,
        final_production.delivery_date,
        final_production.power_kw as final_power_kw,
        forecasts.latest_version_utc,
        forecasts.latest_power_kw,
        forecasts.tradeable_version_utc,
        forecasts.tradeable_power_kw,
        coalesce(members.capacity_kw, technical_periods.capacity_kw) as capacity_kw,
        redispatched.asset_id is not null as is_redispatched
    from final_production
    left join forecasts
        on
            final_production.asset_id = forecasts.asset_id
            and final_production.delivery_start_utc = forecasts.delivery_start_utc
    left join redispatched
        on
            final_production.asset_id = redispatched.asset_id
            and final_production.delivery_start_utc = redispatched.delivery_start_utc
    {{ join_members(to="final_production") }}
    left join technical_periods
        on
            final_production.asset_id = technical_periods.asset_id
            and {{ is_valid("technical_periods", to="final_production") }}

),

versions as (

    select
        asset_id,
        latest_version_utc as version_utc
    from known
    where latest_version_utc is not null
    union
    select
        asset_id,
        tradeable_version_utc as version_utc
    from known
    where tradeable_version_utc is not null

),

-- The newest uncurtailed live quarter-hour that had ended when the version was made.
persistence as (

    {{ newest_as_of(
        "versions",
        key="asset_id",
        at="version_utc",
        history="uncurtailed_live",
        instant="delivery_start_utc",
        value="power_kw",
        older_by="interval '15 minutes'",
    ) }}

)

select
    known.asset_id,
    known.delivery_start_utc,
    known.delivery_date,
    known.final_power_kw,
    known.latest_power_kw,
    latest_persistence.power_kw as latest_persistence_kw,
    known.tradeable_power_kw,
    tradeable_persistence.power_kw as tradeable_persistence_kw,
    known.capacity_kw,
    known.is_redispatched
from known
left join persistence as latest_persistence
    on
        known.asset_id = latest_persistence.asset_id
        and known.latest_version_utc = latest_persistence.version_utc
left join persistence as tradeable_persistence
    on
        known.asset_id = tradeable_persistence.asset_id
        and known.tradeable_version_utc = tradeable_persistence.version_utc
