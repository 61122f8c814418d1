with production_changes as (

    {{ changes_of("int_final_production_newest", "metering_point_id") }}

),

asset_changes as (

    {{ changes_of("int_metering_point_assets") }}
    union all
    {{ changes_of("int_asset_timezones") }}

),

metering_point_assets as (

    select
        metering_point_id,
        asset_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_metering_point_assets") }}
    where is_counted

)

select
    metering_point_assets.asset_id,
    greatest(production_changes.from_utc, metering_point_assets.valid_from_utc) as from_utc,
    least(production_changes.to_utc, metering_point_assets.valid_to_utc) as to_utc
from production_changes
inner join metering_point_assets
    on
        production_changes.key = metering_point_assets.metering_point_id
        and production_changes.from_utc < metering_point_assets.valid_to_utc
        and production_changes.to_utc > metering_point_assets.valid_from_utc
union all
-- The change records which asset a metering point belonged and belongs to, and whether it counted.
select
    key as asset_id,
    from_utc,
    to_utc
from asset_changes
