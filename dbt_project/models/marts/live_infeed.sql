{%- set hold = "interval '" ~ var("live_max_hold_minutes") ~ " minutes'" -%}
{{ config(
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[{"columns": ["delivery_start_utc"]}],
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

-- A bad sample counts as if it had not arrived, so it does not hide one that an older document has for the instant.
accepted as (

    select
        samples.asset_id,
        samples.measured_utc,
        samples.power_kw,
        samples.received_utc,
        samples.content_sha256,
        samples.position
    from samples
    where {{ live_sample_counts("samples") }}

),

measurements as (

    {{ newest_per_key(
        "accepted",
        key=["asset_id", "measured_utc"],
        newest_first=["received_utc desc", "content_sha256 desc", "position desc"],
        columns=["asset_id", "measured_utc", "power_kw"],
    ) }}

),

holds as (

    select
        asset_id,
        measured_utc,
        power_kw,
        least(
            lead(measured_utc) over (partition by asset_id order by measured_utc),
            measured_utc + {{ hold }}
        ) as held_to_utc
    from measurements

),

-- A hold is cut where a quarter-hour begins.
pieces as (

    select
        holds.asset_id,
        holds.measured_utc,
        holds.power_kw,
        quarter_hour.delivery_start_utc,
        {{ microseconds_between(
            "greatest(holds.measured_utc, quarter_hour.delivery_start_utc)",
            "least(holds.held_to_utc, quarter_hour.delivery_start_utc + interval '15 minutes')",
        ) }} as held_microseconds
    from holds
    cross join lateral generate_series(
        {{ quarter_hour_floor("holds.measured_utc") }},
        {{ quarter_hour_floor("holds.held_to_utc - interval '1 microsecond'") }},
        interval '15 minutes'
    ) as quarter_hour (delivery_start_utc)

),

quarter_hours as (

    select
        asset_id,
        delivery_start_utc,
        sum(held_microseconds) as held_microseconds,
        sum(power_kw * held_microseconds order by measured_utc) as power_kw_microseconds,
        count(*) filter (where measured_utc >= delivery_start_utc)::integer as measurement_count
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
    (quarter_hours.held_microseconds / 900000000.0)::double precision as coverage_ratio,
    quarter_hours.measurement_count
from quarter_hours
{{ join_timezone(to="quarter_hours") }}
where {{ is_affected("quarter_hours") }}
