{#- The newest version of each asset, and what it holds. -#}
{% macro newest_versions(assets, versions, documents) -%}
    {{ newest_per_key(
        ref("int_versions_in_force"),
        key=["asset_id"],
        newest_first=["version_utc desc"],
        columns=["asset_id", "version_utc", "grid_start_utc", "grid_end_utc", "power_kw"],
    ) }}
{%- endmacro %}
