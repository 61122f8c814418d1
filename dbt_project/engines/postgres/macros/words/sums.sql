{#- A sum whose order is fixed, so that equal inputs give bit-equal sums: of doubles, only of rows where a condition holds. -#}
{% macro sum_in_order(value, order_by, where=none) -%}
    sum({{ value }} order by {{ order_by | join(", ") }}){% if where %} filter (where {{ where }}){% endif %}
{%- endmacro %}
