{#-
    The forecast for a quarter-hour as it was known at an instant: that of the newest version made at or before it which
    holds a value for the quarter-hour. A lateral subquery with the columns version_utc and power_kw; no row where there
    is none.
-#}
{% macro forecast_known_at(asset_id, known_at, delivery_start) -%}
    {%- set position -%}
        1 + {{ quarter_hours_between("versions.grid_start_utc", delivery_start) }}
    {%- endset -%}
    select
        versions.version_utc,
        documents.power_kw[{{ position }}] as power_kw
    from {{ ref("stg_vpp__forecast_versions") }} as versions
    inner join {{ ref("stg_vpp__forecast_documents") }} as documents on versions.document_id = documents.document_id
    where
        versions.asset_id = {{ asset_id }}
        and versions.version_utc <= {{ known_at }}
        -- The envelope lets no version reach further ahead, so that the search ends.
        and versions.version_utc >= {{ delivery_start }} - interval '30 days'
        and versions.grid_end_utc > {{ delivery_start }}
        and documents.power_kw[{{ position }}] is not null
    order by versions.version_utc desc
    limit 1
{%- endmacro %}
