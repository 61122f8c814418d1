{{ config(materialized="view") }}

{%- set value -%}
    documents.power_kw[1 + {{ quarter_hours_between("documents.grid_start_utc", "quarter_hour.delivery_start_utc") }}]
{%- endset %}

-- Without a CTE, so that the asset and the quarter-hours that a reader asks for reach the index of the versions.
select
    spans.asset_id,
    quarter_hour.delivery_start_utc,
    versions.version_utc,
    {{ delivery_date("quarter_hour.delivery_start_utc") }} as delivery_date,
    versions.received_utc,
    floor({{ minutes_between("versions.version_utc", "quarter_hour.delivery_start_utc") }})::integer as lead_minutes,
    quarter_hour.delivery_start_utc - interval '{{ var("gate_closure_minutes") }} minutes' >= versions.version_utc
        as is_tradeable,
    {{ value }} as power_kw
from (
    select
        asset_id,
        min(grid_start_utc) as from_utc,
        max(grid_end_utc) as to_utc
    from {{ ref("stg_vpp__forecast_versions") }}
    group by asset_id
) as spans
{{ join_timezone(to="spans") }}
cross join
    lateral generate_series(
        spans.from_utc,
        spans.to_utc - interval '15 minutes',
        interval '15 minutes'
    ) as quarter_hour (delivery_start_utc)
inner join {{ ref("stg_vpp__forecast_versions") }} as versions
    on
        spans.asset_id = versions.asset_id
        and quarter_hour.delivery_start_utc >= versions.grid_start_utc
        and quarter_hour.delivery_start_utc < versions.grid_end_utc
inner join {{ ref("stg_vpp__forecast_documents") }} as documents on versions.document_id = documents.document_id
where {{ value }} is not null
