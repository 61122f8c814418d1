{#-
    A sum over assets whose order is fixed, so that equal inputs give bit-equal sums. Rows whose asset_id is NULL are
    left out. Identifiers are compared byte by byte: the collation of a database must not change a sum.
-#}
{% macro sum_by_asset(value, asset_id) -%}
    sum({{ value }} order by {{ asset_id }} collate "C") filter (where {{ asset_id }} is not null)
{%- endmacro %}
