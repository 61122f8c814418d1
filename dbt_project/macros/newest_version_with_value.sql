{#-
    The forecast for a quarter-hour as it was known at an instant: that of the newest version made at or before it which
    holds a value for the quarter-hour. A lateral subquery with the columns version_utc and power_kw; no row where there
    is none.
-#}
{% macro forecast_known_at(asset_id, known_at, delivery_start) -%}
    {%- set position -%}
        1 + {{ quarter_hours_between("documents.grid_start_utc", delivery_start) }}
    {%- endset -%}
    select
        documents.version_utc,
        documents.power_kw[{{ position }}] as power_kw
    from {{ ref("stg_vpp__forecast_documents") }} as documents
    -- One look into the index for each version; joined, all versions would be put together first.
    cross join lateral (
        select versions.document_id
        from {{ ref("stg_vpp__forecast_versions") }} as versions
        where
            versions.asset_id = documents.asset_id
            and versions.version_utc = documents.version_utc
        offset 0
    ) as counting
    where
        counting.document_id = documents.document_id
        and documents.asset_id = {{ asset_id }}
        and documents.version_utc <= {{ known_at }}
        -- The envelope lets no version reach further ahead, so that the search ends.
        and documents.version_utc >= {{ delivery_start }} - interval '30 days'
        and documents.power_kw[{{ position }}] is not null
    order by documents.version_utc desc
    limit 1
{%- endmacro %}
