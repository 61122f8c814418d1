{{ config(
    materialized="incremental",
    unique_key=["source", "asset_id", "delivery_date", "finding"],
    indexes=[{"columns": ["delivery_date"]}],
) }}

with power as (

    select
        power.asset_id,
        power.delivery_start_utc,
        power.delivery_date,
        power.latest_power_kw,
        power.live_power_kw,
        power.final_power_kw
    from {{ ref("production_reconciliation") }} as power
    {{ join_affected("power") }}

),

nameplates as (

    select
        asset_id,
        technology,
        capacity_kw
    from {{ ref("int_asset_nameplates") }}

),

plants as (

    select
        power.asset_id,
        power.delivery_start_utc,
        power.delivery_date,
        power.latest_power_kw,
        power.live_power_kw,
        power.final_power_kw,
        nameplates.technology,
        coalesce(members.capacity_kw, nameplates.capacity_kw) as capacity_kw
    from power
    {{ join_members(to="power") }}
    left join nameplates on power.asset_id = nameplates.asset_id

),

-- Impossible values: above the capacity, or solar power without sun.
suspicious as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        latest_power_kw,
        live_power_kw,
        final_power_kw,
        capacity_kw,
        -- If both measured sources say so, the forecast is wrong.
        technology = 'solar'
        and latest_power_kw <= 0
        and (
            live_power_kw is null
            or final_power_kw is null
            or least(live_power_kw, final_power_kw) < {{ var("finding_min_share_of_capacity") }} * capacity_kw
        ) as is_dark
    from plants
    where
        capacity_kw > 0
        and (
            greatest(latest_power_kw, live_power_kw, final_power_kw)
            > (1 + {{ var("finding_capacity_tolerance") }}) * capacity_kw
            or (
                technology = 'solar'
                and latest_power_kw <= 0
                and greatest(live_power_kw, final_power_kw)
                >= {{ var("finding_min_share_of_capacity") }} * capacity_kw
            )
        )

),

suspicious_by_source as (

    select
        suspicious.asset_id,
        suspicious.delivery_start_utc,
        suspicious.delivery_date,
        received.source,
        received.power_kw,
        suspicious.latest_power_kw as forecast_power_kw,
        suspicious.capacity_kw,
        suspicious.is_dark
    from suspicious
    cross join
        lateral {{ each_row(
            [
                ["'forecast'", "suspicious.latest_power_kw"],
                ["'live'", "suspicious.live_power_kw"],
                ["'final_production'", "suspicious.final_power_kw"],
            ],
            columns=["source", "power_kw"],
            name="received",
        ) }}

),

above_capacity as (

    select
        source,
        asset_id,
        delivery_date,
        'above_capacity' as finding,
        count(*)::integer as quarter_hour_count,
        {{ sum_in_order("power_kw - capacity_kw", ["delivery_start_utc"]) }} / count(*) as error_before_kw,
        'capacity' as reference,
        max(power_kw) as greatest_power_kw,
        max(capacity_kw) as capacity_kw
    from suspicious_by_source
    where power_kw > (1 + {{ var("finding_capacity_tolerance") }}) * capacity_kw
    group by source, asset_id, delivery_date

),

forecast_days as (

    select
        asset_id,
        delivery_date,
        max(latest_power_kw) as greatest_power_kw
    from power
    group by asset_id, delivery_date

),

-- A value above the capacity does not prove sunlight. A forecast of 0 for the whole day does not show when it is night.
dark as (

    select
        suspicious_by_source.source,
        suspicious_by_source.asset_id,
        suspicious_by_source.delivery_start_utc,
        suspicious_by_source.delivery_date,
        suspicious_by_source.power_kw,
        suspicious_by_source.forecast_power_kw
    from suspicious_by_source
    inner join forecast_days
        on
            suspicious_by_source.asset_id = forecast_days.asset_id
            and suspicious_by_source.delivery_date = forecast_days.delivery_date
    where
        suspicious_by_source.is_dark
        and suspicious_by_source.power_kw
        >= {{ var("finding_min_share_of_capacity") }} * suspicious_by_source.capacity_kw
        and forecast_days.greatest_power_kw
        >= {{ var("finding_min_share_of_capacity") }} * suspicious_by_source.capacity_kw

),

night_production as (

    select
        source,
        asset_id,
        delivery_date,
        'night_production' as finding,
        count(*)::integer as quarter_hour_count,
        {{ sum_in_order("power_kw - forecast_power_kw", ["delivery_start_utc"]) }} / count(*) as error_before_kw,
        'forecast' as reference,
        max(power_kw) as greatest_power_kw
    from dark
    where
        not exists (
            select above_capacity.asset_id from above_capacity
            where
                above_capacity.source = dark.source
                and above_capacity.asset_id = dark.asset_id
                and above_capacity.delivery_date = dark.delivery_date
        )
        and not exists (
            select revisions.asset_id from {{ ref("forecast_revisions") }} as revisions
            where
                revisions.asset_id = dark.asset_id
                and revisions.delivery_start_utc = dark.delivery_start_utc
                and revisions.power_kw > 0
                -- One made later is no forecast.
                and revisions.lead_minutes >= 0
        )
    group by source, asset_id, delivery_date
    -- A plant that is slightly early or late shows in the twilight.
    having count(*) >= {{ var("finding_min_night_quarter_hours") }}

)

select
    source,
    asset_id,
    delivery_date,
    finding,
    quarter_hour_count,
    error_before_kw,
    reference,
    {{ source_of_day() }} || ' goes up to ' || {{ whole_kw("greatest_power_kw") }} || ', '
    || {{ whole_kw("greatest_power_kw - capacity_kw") }} || ' above its capacity' as detail
from above_capacity
union all
select
    source,
    asset_id,
    delivery_date,
    finding,
    quarter_hour_count,
    error_before_kw,
    reference,
    {{ source_of_day() }} || ' has up to ' || {{ whole_kw("greatest_power_kw") }} || ' for '
    || {{ duration_in_words("quarter_hour_count") }} || ' for which every version forecast nothing' as detail
from night_production
