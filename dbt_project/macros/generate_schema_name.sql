{#- Schemas are named as written: readers type `asset_forecasts`, not `public_marts.asset_forecasts`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name is not none else target.schema }}
{%- endmacro %}
