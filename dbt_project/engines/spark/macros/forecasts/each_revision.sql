{#- What each version says of each quarter-hour that it holds a value for. -#}
{% macro each_revision(versions, documents) -%}
    select
        versions.asset_id,
        versions.grid_start_utc + (quarter_hour.position - 1) * interval '15 minutes' as delivery_start_utc,
        versions.version_utc,
        versions.received_utc,
        quarter_hour.power_kw
    from {{ ref("int_versions_in_force") }} as versions
    inner join {{ documents }} as documents on versions.document_id = documents.document_id
    cross join lateral {{ each_array_element({"power_kw": "documents.power_kw"}, "quarter_hour") }}
    where quarter_hour.power_kw is not null
{%- endmacro %}
