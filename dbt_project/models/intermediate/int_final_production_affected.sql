with received as (

    select
        metering_point_id,
        min(delivery_start_utc) as first_delivery_start_utc,
        max(delivery_start_utc) as last_delivery_start_utc
    from {{ ref("stg_dso__final_production") }}
    where document_id > {{ read_upto("int_final_production_newest", "final_production") }}
    group by document_id, metering_point_id

)

select
    metering_point_id,
    first_delivery_start_utc as from_utc,
    last_delivery_start_utc + interval '15 minutes' as to_utc
from received
