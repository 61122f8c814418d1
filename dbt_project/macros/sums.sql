{#-
    A sum over assets in a fixed order. Rows whose asset_id is NULL are left out. Identifiers are compared byte by byte:
    the database's collation must not change a sum.
-#}
{% macro sum_by_asset(value, asset_id) -%}
    {{ sum_in_order(value, order_by=[bytewise(asset_id)], where=asset_id ~ " is not null") }}
{%- endmacro %}
