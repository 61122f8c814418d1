with source as (

    select
        metering_point_id,
        issued_utc,
        delivery_start_utc,
        delivery_end_utc,
        is_redispatched,
        received_utc,
        content_sha256
    from {{ source("raw", "redispatch_flag") }}
    where {{ is_in_build() }}

),

flags as (

    select
        source.metering_point_id,
        quarter_hour.delivery_start_utc,
        flagged.is_redispatched,
        source.issued_utc,
        source.received_utc,
        source.content_sha256,
        flagged.position
    from source
    cross join
        lateral {{ each_array_element(
            {
                "delivery_start_utc": "source.delivery_start_utc",
                "delivery_end_utc": "source.delivery_end_utc",
                "is_redispatched": "source.is_redispatched",
            },
            "flagged",
        ) }}
    cross join
        lateral {{ each_quarter_hour("flagged.delivery_start_utc", "flagged.delivery_end_utc", "quarter_hour") }}

),

newest_of_each_quarter_hour as (

    {{ newest_per_key(
        "flags",
        key=["metering_point_id", "delivery_start_utc"],
        newest_first=["issued_utc desc", "received_utc desc", "content_sha256 desc", "position desc"],
        columns=["metering_point_id", "delivery_start_utc", "is_redispatched", "issued_utc"],
    ) }}

)

select
    metering_point_id,
    delivery_start_utc,
    is_redispatched,
    issued_utc
from newest_of_each_quarter_hour
