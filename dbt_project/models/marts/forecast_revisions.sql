{{ config(materialized="view") }}

-- Without a CTE, so that the asset that a reader asks for reaches the index of the versions.
select
    versions.asset_id,
    versions.grid_start_utc + (quarter_hour.position - 1) * interval '15 minutes' as delivery_start_utc,
    versions.version_utc,
    {{ delivery_date("versions.grid_start_utc + (quarter_hour.position - 1) * interval '15 minutes'") }}
        as delivery_date,
    versions.received_utc,
    floor(
        {{ minutes_between(
            "versions.version_utc",
            "versions.grid_start_utc + (quarter_hour.position - 1) * interval '15 minutes'",
        ) }}
    )::integer as lead_minutes,
    versions.grid_start_utc + (quarter_hour.position - 1) * interval '15 minutes'
    - interval '{{ var("gate_closure_minutes") }} minutes' >= versions.version_utc as is_tradeable,
    quarter_hour.power_kw
from {{ ref("stg_vpp__forecast_versions") }} as versions
inner join {{ ref("stg_vpp__forecast_documents") }} as documents on versions.document_id = documents.document_id
{{ join_timezone(to="versions") }}
cross join lateral {{ each_array_element({"power_kw": "documents.power_kw"}, "quarter_hour") }}
where quarter_hour.power_kw is not null
