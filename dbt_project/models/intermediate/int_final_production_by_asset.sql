-- Without a CTE: PostgreSQL plans a view that has one by itself, and no join could reach its indexes.
select
    final_production.metering_point_id,
    final_production.delivery_start_utc,
    final_production.power_kw,
    final_production.revision_count,
    final_production.source_file_name,
    metering_point_assets.asset_id,
    coalesce(
        final_production.metering_point_id = asset_metering_points.metering_point_id,
        false
    ) as is_metering_point_of_asset
from {{ ref("int_final_production_newest") }} as final_production
left join {{ ref("int_metering_point_assets") }} as metering_point_assets
    on
        final_production.metering_point_id = metering_point_assets.metering_point_id
        and final_production.delivery_start_utc >= metering_point_assets.valid_from_utc
        and final_production.delivery_start_utc < metering_point_assets.valid_to_utc
left join {{ ref("int_asset_metering_points") }} as asset_metering_points
    on
        metering_point_assets.asset_id = asset_metering_points.asset_id
        and final_production.delivery_start_utc >= asset_metering_points.valid_from_utc
        and final_production.delivery_start_utc < asset_metering_points.valid_to_utc
