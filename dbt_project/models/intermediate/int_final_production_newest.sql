with statements as (

    select
        metering_point_id,
        delivery_start_utc,
        power_kw,
        issued_date,
        received_utc,
        content_sha256,
        source_file_name
    from {{ ref("stg_dso__final_production") }}

),

counted as (

    select
        metering_point_id,
        delivery_start_utc,
        power_kw,
        issued_date,
        received_utc,
        content_sha256,
        source_file_name,
        count(*) over (partition by metering_point_id, delivery_start_utc)::integer as revision_count
    from statements

),

newest_statement as (

    {{ newest_per_key(
        "counted",
        key=["metering_point_id", "delivery_start_utc"],
        newest_first=["issued_date desc", "received_utc desc", "content_sha256 desc"],
        columns=["metering_point_id", "delivery_start_utc", "power_kw", "revision_count", "source_file_name"],
    ) }}

)

select
    metering_point_id,
    delivery_start_utc,
    power_kw,
    revision_count,
    source_file_name
from newest_statement
