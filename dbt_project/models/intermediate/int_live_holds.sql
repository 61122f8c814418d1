with measurements as (

    select
        asset_id,
        measured_utc,
        power_kw
    from {{ ref("stg_live__measurements") }}

)

select
    asset_id,
    measured_utc,
    power_kw,
    least(
        lead(measured_utc) over (partition by asset_id order by measured_utc),
        measured_utc + interval '{{ var("live_max_hold_minutes") }} minutes'
    ) as held_to_utc
from measurements
