{#- The newest version of each asset, and what it holds. -#}
{% macro newest_versions(assets, versions, documents) -%}
    select
        asset_id,
        version_utc,
        grid_start_utc,
        grid_end_utc,
        open_power_kw as power_kw
    from {{ ref("int_versions_in_force") }}
    where open_power_kw is not null
{%- endmacro %}
