-- No CTE, as in staging (dbt_project.yml).
select
    final_production.metering_point_id,
    final_production.delivery_start_utc,
    final_production.power_kw,
    final_production.revision_count,
    final_production.source_file_name,
    metering_point_assets.asset_id,
    coalesce(metering_point_assets.is_counted, false) as is_counted
from {{ ref("int_final_production_newest") }} as final_production
left join {{ ref("int_metering_point_assets") }} as metering_point_assets
    on
        final_production.metering_point_id = metering_point_assets.metering_point_id
        and {{ is_valid("metering_point_assets", to="final_production") }}
