{{ config(unique_key=["metering_point_id", "delivery_start_utc"], indexes=[{"columns": ["delivery_date"]}]) }}

with final_production as (

    select
        final_production.asset_id,
        final_production.metering_point_id,
        final_production.delivery_start_utc,
        final_production.power_kw,
        final_production.revision_count,
        final_production.source_file_name
    from {{ ref("int_final_production_by_asset") }} as final_production
    {{ join_affected("final_production") }}
    where not final_production.is_counted

)

select
    metering_point_id,
    delivery_start_utc,
    delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ local_date("delivery_start_utc", portfolio_timezone()) }} as delivery_date,
    power_kw,
    power_kw * 0.25 as energy_kwh,
    revision_count,
    source_file_name,
    asset_id,
    case when asset_id is null then 'no_contract' else 'another_metering_point' end as reason
from final_production
