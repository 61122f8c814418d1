{#-
    Of all rows with the same key, the one that `newest_first` puts first.
    PostgreSQL's `distinct on` reads an index in order where there is one; `row_number()` would sort.
-#}
{% macro newest_per_key(relation, key, newest_first, columns, where=none) %}
    select distinct on ({{ key | join(", ") }})
        {{ columns | join(",\n        ") }}
    from {{ relation }}
    {%- if where %}
        where {{ where }}
    {%- endif %}
    order by {{ (key + newest_first) | join(", ") }}
{% endmacro %}
