with source as (

    select
        asset_id,
        measured_utc,
        power_kw,
        quality,
        received_utc,
        content_sha256
    from {{ source("raw", "live_infeed") }}

),

samples as (

    select
        source.asset_id,
        source.measured_utc[place.position] as measured_utc,
        source.power_kw[place.position] as power_kw,
        source.quality[place.position] as quality,
        source.received_utc,
        source.content_sha256,
        place.position
    from source
    cross join lateral {{ each_array_position("source.measured_utc", "place") }}

),

accepted as (

    select
        asset_id,
        measured_utc,
        power_kw,
        quality,
        received_utc,
        content_sha256,
        position
    from samples
    where
        power_kw is not null
        and (quality is null or quality >= {{ var("live_min_quality") }})

),

newest_of_each_instant as (

    {{ newest_per_key(
        "accepted",
        key=["asset_id", "measured_utc"],
        newest_first=["received_utc desc", "content_sha256 desc", "position desc"],
        columns=["asset_id", "measured_utc", "power_kw", "quality"],
    ) }}

)

select
    asset_id,
    measured_utc,
    power_kw,
    quality
from newest_of_each_instant
