with source as (

    select
        metering_point_id,
        issued_date,
        grid_start_utc,
        power_kw,
        received_utc,
        content_sha256,
        document_id,
        source_uri
    from {{ source("raw", "final_production") }}
    where {{ is_in_build("final_production") }}

),

statements as (

    select
        source.metering_point_id,
        source.grid_start_utc + (place.position - 1) * interval '15 minutes' as delivery_start_utc,
        source.power_kw[place.position] as power_kw,
        source.grid_start_utc,
        source.issued_date,
        source.received_utc,
        source.content_sha256,
        source.document_id,
        {{ file_name("source.source_uri") }} as source_file_name
    from source
    cross join lateral {{ each_array_position("source.power_kw", "place") }}

)

select
    metering_point_id,
    delivery_start_utc,
    power_kw,
    grid_start_utc,
    issued_date,
    received_utc,
    content_sha256,
    document_id,
    source_file_name
from statements
where power_kw is not null
