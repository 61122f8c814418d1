with final_production as (

    select
        metering_point_id,
        delivery_start_utc,
        power_kw,
        revision_count,
        source_file_name
    from {{ ref("int_final_production_newest") }}

),

metering_point_assets as (

    select
        metering_point_id,
        asset_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_metering_point_assets") }}

),

asset_metering_points as (

    select
        asset_id,
        metering_point_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_asset_metering_points") }}

)

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
from final_production
left join metering_point_assets
    on
        final_production.metering_point_id = metering_point_assets.metering_point_id
        and final_production.delivery_start_utc >= metering_point_assets.valid_from_utc
        and final_production.delivery_start_utc < metering_point_assets.valid_to_utc
left join asset_metering_points
    on
        metering_point_assets.asset_id = asset_metering_points.asset_id
        and final_production.delivery_start_utc >= asset_metering_points.valid_from_utc
        and final_production.delivery_start_utc < asset_metering_points.valid_to_utc
