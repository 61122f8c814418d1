{#-
    Of all rows with the same key, the one that `newest_first` puts in front. Where NULL stands is spelt out as PostgreSQL
    has it by itself: first where an order descends.
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
