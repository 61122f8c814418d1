{#-
    A sum whose order is fixed, so that equal inputs give bit-equal sums. Spark sums rows as they come; here they are put
    in order first, and added one by one from the first on.
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
