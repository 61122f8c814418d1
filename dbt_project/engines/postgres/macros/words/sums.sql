{#-
    A sum of doubles in a fixed order, so that equal inputs give bit-equal sums; only of rows where a condition holds.
-#}
{% macro sum_in_order(value, order_by, where=none) -%}
    sum({{ value }} order by {{ order_by | join(", ") }}){% if where %} filter (where {{ where }}){% endif %}
{%- endmacro %}
