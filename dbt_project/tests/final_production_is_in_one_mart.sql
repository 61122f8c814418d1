with stated as (

    select
        metering_point_id,
        delivery_start_utc,
        power_kw
    from {{ ref("int_final_production_newest") }}

),

shown as (

    select
        metering_point_id,
        delivery_start_utc,
        power_kw
    from {{ ref("dso_final_production") }}
    union all
    select
        metering_point_id,
        delivery_start_utc,
        power_kw
    from {{ ref("dso_unmapped_production") }}

),

compared as (

    select
        metering_point_id,
        delivery_start_utc,
        power_kw,
        1 as stated_count,
        0 as shown_count
    from stated
    union all
    select
        metering_point_id,
        delivery_start_utc,
        power_kw,
        0 as stated_count,
        1 as shown_count
    from shown

)

select
    metering_point_id,
    delivery_start_utc,
    power_kw,
    sum(stated_count) as stated_count,
    sum(shown_count) as shown_count
from compared
group by metering_point_id, delivery_start_utc, power_kw
having sum(stated_count) <> 1 or sum(shown_count) <> 1
