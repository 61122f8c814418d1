with final_production as (

    select
        asset_id,
        metering_point_id,
        delivery_start_utc,
        power_kw,
        revision_count,
        source_file_name
    from {{ ref("int_final_production_by_asset") }}

)

select
    metering_point_id,
    delivery_start_utc,
    delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ local_date("delivery_start_utc", portfolio_timezone()) }} as delivery_date,
    power_kw,
    power_kw * 0.25 as energy_kwh,
    revision_count,
    source_file_name
from final_production
where asset_id is null
