{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_date"],
    indexes=[{"columns": ["delivery_date"]}],
) }}
{%- set is_in_both = "not compared.is_before_utc_day and not compared.is_after_utc_day" %}

with power as (

    select
        power.asset_id,
        power.delivery_start_utc,
        power.delivery_date,
        power.latest_power_kw,
        power.live_power_kw,
        power.final_power_kw
    from {{ ref("int_power_by_source") }} as power
    {{ join_affected("power") }}
    where not power.is_only_open

),

redispatched as (

    select
        asset_id,
        delivery_start_utc
    from {{ ref("int_redispatched_quarter_hours") }}

),

measured_days as (

    select
        asset_id,
        delivery_date
    from power
    where
        live_power_kw is not null
        or final_power_kw is not null
    group by asset_id, delivery_date

),

days as (

    select
        measured_days.asset_id,
        measured_days.delivery_date,
        {{ local_midnight("measured_days.delivery_date", timezone_of()) }} as from_utc,
        {{ local_midnight("measured_days.delivery_date + 1", timezone_of()) }} as to_utc,
        {{ local_midnight("measured_days.delivery_date", "'UTC'") }} as utc_from_utc,
        {{ local_midnight("measured_days.delivery_date + 1", "'UTC'") }} as utc_to_utc
    from measured_days
    {{ join_timezone(to="measured_days") }}

),

-- A quarter-hour unknown to every source has an element too.
quarter_hours as (

    select
        days.asset_id,
        days.delivery_date,
        quarter_hour.delivery_start_utc,
        quarter_hour.delivery_start_utc < days.utc_from_utc as is_before_utc_day,
        quarter_hour.delivery_start_utc >= days.utc_to_utc as is_after_utc_day
    from days
    cross join lateral {{ each_quarter_hour("days.from_utc", "days.to_utc", "quarter_hour") }}

),

-- Nobody measured what a curtailed plant would have fed in, and nobody forecast what it did.
compared as (

    select
        quarter_hours.asset_id,
        quarter_hours.delivery_date,
        quarter_hours.delivery_start_utc,
        quarter_hours.is_before_utc_day,
        quarter_hours.is_after_utc_day,
        case when redispatched.asset_id is null then power.latest_power_kw end as forecast_power_kw,
        case when redispatched.asset_id is null then power.live_power_kw end as live_power_kw,
        case when redispatched.asset_id is null then power.final_power_kw end as final_power_kw
    from quarter_hours
    left join power
        on
            quarter_hours.asset_id = power.asset_id
            and quarter_hours.delivery_start_utc = power.delivery_start_utc
    left join redispatched
        on
            quarter_hours.asset_id = redispatched.asset_id
            and quarter_hours.delivery_start_utc = redispatched.delivery_start_utc

)

select
    compared.asset_id,
    compared.delivery_date,
    max(members.capacity_kw) as capacity_kw,
    {{ array_in_order("compared.forecast_power_kw", "compared.delivery_start_utc") }} as forecast_power_kw,
    {{ array_in_order("compared.live_power_kw", "compared.delivery_start_utc") }} as live_power_kw,
    {{ array_in_order("compared.final_power_kw", "compared.delivery_start_utc") }} as final_power_kw,
    1 + count(*) filter (where compared.is_before_utc_day)::integer as first_position,
    count(*) filter (where not compared.is_after_utc_day)::integer as last_position,
    count(compared.forecast_power_kw + compared.live_power_kw) filter (where {{ is_in_both }})::integer
        as forecast_and_live_count,
    count(compared.forecast_power_kw + compared.final_power_kw) filter (where {{ is_in_both }})::integer
        as forecast_and_final_count,
    count(compared.live_power_kw + compared.final_power_kw) filter (where {{ is_in_both }})::integer
        as live_and_final_count
from compared
{{ join_members(to="compared") }}
group by compared.asset_id, compared.delivery_date
