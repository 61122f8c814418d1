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
        final_production.source_file_name
    from {{ ref("int_final_production_by_asset") }} as final_production
    {% if is_incremental() %}
        inner join affected
            on
                final_production.asset_id = affected.asset_id
                and final_production.delivery_start_utc >= affected.from_utc
                and final_production.delivery_start_utc < affected.to_utc
    {% endif %}
    where final_production.is_counted

),

asset_timezones as (

    select
        asset_id,
        timezone
    from {{ ref("int_asset_timezones") }}

)

select
    final_production.asset_id,
    final_production.metering_point_id,
    final_production.delivery_start_utc,
    final_production.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ local_date(
        "final_production.delivery_start_utc",
        "coalesce(asset_timezones.timezone, " ~ portfolio_timezone() ~ ")",
    ) }} as delivery_date,
    final_production.power_kw,
    final_production.power_kw * 0.25 as energy_kwh,
    final_production.revision_count,
    final_production.source_file_name
from final_production
left join asset_timezones on final_production.asset_id = asset_timezones.asset_id
