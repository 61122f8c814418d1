with holds as (

    select
        asset_id,
        measured_utc,
        held_to_utc,
        power_kw
    from {{ ref("int_live_holds") }}

),

asset_timezones as (

    select
        asset_id,
        timezone
    from {{ ref("int_asset_timezones") }}

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
    {{ local_date(
        "quarter_hours.delivery_start_utc",
        "coalesce(asset_timezones.timezone, " ~ portfolio_timezone() ~ ")",
    ) }} as delivery_date,
    case
        when quarter_hours.held_microseconds >= {{ var("live_min_coverage") }} * 900000000
            then quarter_hours.power_kw_microseconds / quarter_hours.held_microseconds
    end as power_kw,
    (quarter_hours.held_microseconds / 900000000.0)::double precision as coverage_ratio,
    quarter_hours.measurement_count
from quarter_hours
left join asset_timezones on quarter_hours.asset_id = asset_timezones.asset_id
