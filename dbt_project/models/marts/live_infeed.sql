{%- set hold = "interval '" ~ var("live_max_hold_minutes") ~ " minutes'" -%}
{{ config(
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[{"columns": ["delivery_start_utc"]}, {"columns": ["delivery_date", "asset_id"]}],
) }}

with samples as (

    select
        samples.asset_id,
        samples.measured_utc,
        samples.power_kw,
        samples.quality,
        samples.received_utc,
        samples.content_sha256,
        samples.position
    from {{ ref("stg_live__samples") }} as samples
    {{ join_affected(
        "samples",
        instant="measured_utc",
        before=hold,
        more=["samples.document_to_utc >= affected.from_utc - " ~ hold, "samples.document_from_utc < affected.to_utc"],
    ) }}

),

-- A bad sample counts as if it had not arrived, so it does not hide an older document's sample for the instant.
accepted as (

    select
        samples.asset_id,
        {{ quarter_hour_floor("samples.measured_utc") }} as delivery_start_utc,
        samples.measured_utc,
        samples.power_kw,
        samples.received_utc,
        samples.content_sha256,
        samples.position
    from samples
    where {{ live_sample_counts("samples") }}

),

-- The sums need this order too, so the samples are sorted once. The sample that counts is the last of its instant.
sequence as (

    select
        asset_id,
        delivery_start_utc,
        measured_utc,
        power_kw,
        lead(measured_utc) over (
            partition by asset_id
            order by delivery_start_utc, measured_utc, received_utc, content_sha256, position
        ) as next_measured_utc
    from accepted

),

holds as (

    select
        asset_id,
        delivery_start_utc,
        delivery_start_utc + interval '15 minutes' as delivery_end_utc,
        measured_utc,
        power_kw,
        least(next_measured_utc, measured_utc + {{ hold }}) as held_to_utc
    from sequence
    where next_measured_utc is distinct from measured_utc

),

within_quarter_hours as (

    select
        asset_id,
        delivery_start_utc,
        delivery_end_utc,
        measured_utc,
        power_kw,
        held_to_utc,
        {{ microseconds_between("measured_utc", "least(held_to_utc, delivery_end_utc)") }} as held_microseconds
    from holds

),

-- Only the last sample of a quarter-hour can hold beyond its end.
measured_quarter_hours as (

    select
        asset_id,
        delivery_start_utc,
        delivery_end_utc,
        sum(held_microseconds) as held_microseconds,
        {{ sum_in_order("power_kw * held_microseconds", ["measured_utc"]) }} as power_kw_microseconds,
        count(*)::integer as measurement_count,
        max(held_to_utc) as held_to_utc,
        max(power_kw) filter (where held_to_utc > delivery_end_utc) as carried_power_kw
    from within_quarter_hours
    group by asset_id, delivery_start_utc, delivery_end_utc

),

carried_quarter_hours as (

    select
        measured.asset_id,
        quarter_hour.delivery_start_utc,
        measured.carried_power_kw as power_kw,
        {{ microseconds_between(
            "quarter_hour.delivery_start_utc",
            "least(measured.held_to_utc, quarter_hour.delivery_start_utc + interval '15 minutes')",
        ) }} as held_microseconds
    from measured_quarter_hours as measured
    cross join
        lateral {{ each_quarter_hour(
            "measured.delivery_end_utc",
            quarter_hour_ceiling("measured.held_to_utc"),
            "quarter_hour",
        ) }}

),

pieces as (

    select
        asset_id,
        delivery_start_utc,
        held_microseconds,
        power_kw_microseconds,
        measurement_count
    from measured_quarter_hours
    union all
    select
        asset_id,
        delivery_start_utc,
        held_microseconds,
        power_kw * held_microseconds as power_kw_microseconds,
        0 as measurement_count
    from carried_quarter_hours

),

quarter_hours as (

    select
        asset_id,
        delivery_start_utc,
        sum(held_microseconds) as held_microseconds,
        -- The value carried in comes first.
        {{ sum_in_order("power_kw_microseconds", ["measurement_count"]) }} as power_kw_microseconds,
        sum(measurement_count)::integer as measurement_count
    from pieces
    group by asset_id, delivery_start_utc

)

select
    quarter_hours.asset_id,
    quarter_hours.delivery_start_utc,
    {{ delivery_date("quarter_hours.delivery_start_utc") }} as delivery_date,
    case
        when quarter_hours.held_microseconds >= {{ var("live_min_coverage") }} * 900000000
            then quarter_hours.power_kw_microseconds / quarter_hours.held_microseconds
    end as power_kw,
    quarter_hours.held_microseconds / 900000000 as coverage_ratio,
    quarter_hours.measurement_count
from quarter_hours
{{ join_timezone(to="quarter_hours") }}
where {{ is_affected("quarter_hours") }}
