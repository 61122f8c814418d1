{{ config(
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[{"columns": ["delivery_start_utc"]}, {"columns": ["delivery_date", "asset_id"]}],
) }}

with final_production as (

    select
        final_production.asset_id,
        final_production.metering_point_id,
        final_production.delivery_start_utc,
        final_production.power_kw,
        final_production.revision_count,
        final_production.source_file_name
    from {{ ref("int_final_production_by_asset") }} as final_production
    {{ join_affected("final_production", by="int_dso_final_production_affected") }}
    where final_production.is_counted

)

select
    final_production.asset_id,
    final_production.metering_point_id,
    final_production.delivery_start_utc,
    final_production.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ delivery_date("final_production.delivery_start_utc") }} as delivery_date,
    final_production.power_kw,
    final_production.power_kw * 0.25 as energy_kwh,
    final_production.revision_count,
    final_production.source_file_name
from final_production
{{ join_timezone(to="final_production") }}
