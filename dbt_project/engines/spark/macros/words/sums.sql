{#-
    A sum in a fixed order, so that equal inputs give bit-equal sums. Spark sums rows as they come; here they are sorted
    first, and added one by one.
-#}
{% macro sum_in_order(value, order_by, where=none) -%}
    aggregate(
        array_sort(
            collect_list(struct({{ order_by | join(", ") }}, {{ value }} as value))
            filter (where ({{ value }}) is not null{% if where %} and ({{ where }}){% endif %})
        ),
        cast(null as double),
        (total, row) -> coalesce(total + row.value, row.value)
    )
{%- endmacro %}
