{{ config(materialized="incremental", unique_key=["metering_point_id", "delivery_start_utc"]) }}

with statements as (

    select
        statements.metering_point_id,
        statements.delivery_start_utc,
        statements.power_kw,
        statements.issued_date,
        statements.received_utc,
        statements.content_sha256,
        statements.source_file_name
    from {{ ref("stg_dso__final_production") }} as statements
    -- Of the files, only those that can reach into the range: one spans at most 400 days (extract/sources/instants.py).
    {{ join_affected(
        "statements",
        more=[
            "statements.grid_start_utc >= affected.from_utc - interval '9600 hours'",
            "statements.grid_start_utc < affected.to_utc",
        ],
    ) }}

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
