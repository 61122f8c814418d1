{#- The columns identify a row: none of them is NULL and no two rows share them all. -#}
{% test key(model, columns) %}

select {{ columns | join(", ") }}
from {{ model }}
group by {{ columns | join(", ") }}
having
    count(*) > 1
    {%- for column in columns %}
        or {{ column }} is null
    {%- endfor %}

{% endtest %}
