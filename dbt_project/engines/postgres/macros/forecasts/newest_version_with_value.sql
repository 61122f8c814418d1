{#-
    The newest version of an asset that holds a value for a quarter-hour, of those made before or at an instant. A
    lateral subquery with the columns document_id, version_utc and power_kw; no row if there is none.

    versions, documents: as for forecast_as_of_gate. made: a condition on when the version was made, such as "<=
    instant".
-#}
{% macro newest_version_with_value(versions, documents, asset_id, made, delivery_start) -%}
    {%- set value -%}
        documents.power_kw[1 + {{ quarter_hours_between("documents.grid_start_utc", delivery_start) }}]
    {%- endset -%}
    select
        documents.document_id,
        documents.version_utc,
        {{ value }} as power_kw
    from {{ documents }} as documents
    -- One index lookup for each version; a join would combine all versions first.
    cross join lateral (
        select versions.document_id
        from {{ versions }} as versions
        where
            versions.asset_id = documents.asset_id
            and versions.version_utc = documents.version_utc
        offset 0
    ) as counting
    where
        counting.document_id = documents.document_id
        and documents.asset_id = {{ asset_id }}
        and documents.version_utc {{ made }}
        -- The search has to end; the envelope lets no version reach further than 10 days ahead.
        and documents.version_utc >= {{ delivery_start }} - interval '720 hours'
        and {{ value }} is not null
    order by documents.version_utc desc
    limit 1
{%- endmacro %}
