{#-
    Of all rows with the same key, the one that `newest_first` puts first. The place of NULL is spelt out to match
    PostgreSQL's default: first in a descending order.
-#}
{% macro newest_per_key(relation, key, newest_first, columns, where=none) %}
    {%- set order = [] -%}
    {%- for column in newest_first -%}
        {%- set nulls = "" if "nulls " in column else " nulls first" if column.endswith(" desc") else " nulls last" -%}
        {%- do order.append(column ~ nulls) -%}
    {%- endfor %}
    select
        {{ columns | join(",\n        ") }}
    from {{ relation }}
    {%- if where %}
        where {{ where }}
    {%- endif %}
    qualify row_number() over (partition by {{ key | join(", ") }} order by {{ order | join(", ") }}) = 1
{% endmacro %}
