{{ config(
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[{"columns": ["delivery_start_utc"]}],
    meta={
        "affected_by": "int_final_production_affected_assets",
        "scope": "asset_id",
        "log_keys": ["asset_id"],
    },
) }}
-- depends_on: {{ ref("int_final_production_affected_assets") }}

with final_production as (

    select
        final_production.asset_id,
        final_production.metering_point_id,
        final_production.delivery_start_utc,
        final_production.power_kw,
        final_production.revision_count,
        final_production.source_file_name,
        final_production.is_metering_point_of_asset
    from {{ ref("int_final_production_by_asset") }} as final_production
    {% if is_incremental() %}
        inner join affected
            on
                final_production.asset_id = affected.asset_id
                and final_production.delivery_start_utc >= affected.from_utc
                and final_production.delivery_start_utc < affected.to_utc
    {% else %}
        where final_production.asset_id is not null
    {% endif %}

),

asset_timezones as (

    select
        asset_id,
        timezone
    from {{ ref("int_asset_timezones") }}

),

-- Where an asset moved to another metering point and both report, the one that its contract names then counts.
one_per_asset as (

    {{ newest_per_key(
        "final_production",
        key=["asset_id", "delivery_start_utc"],
        newest_first=["is_metering_point_of_asset desc", "metering_point_id desc"],
        columns=[
            "asset_id",
            "metering_point_id",
            "delivery_start_utc",
            "power_kw",
            "revision_count",
            "source_file_name",
        ],
    ) }}

)

select
    one_per_asset.asset_id,
    one_per_asset.metering_point_id,
    one_per_asset.delivery_start_utc,
    one_per_asset.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ local_date(
        "one_per_asset.delivery_start_utc",
        "coalesce(asset_timezones.timezone, " ~ portfolio_timezone() ~ ")",
    ) }} as delivery_date,
    one_per_asset.power_kw,
    one_per_asset.power_kw * 0.25 as energy_kwh,
    one_per_asset.revision_count,
    one_per_asset.source_file_name
from one_per_asset
left join asset_timezones on one_per_asset.asset_id = asset_timezones.asset_id
