{#- The columns identify a row: none of them is NULL and no two rows share them all. -#}
{% test key(model, columns) %}

select
    {%- for column in columns %}
        {{ column }} as key_{{ loop.index }}{{ "," if not loop.last }}
    {%- endfor %}
from {{ model }}
group by {{ columns | join(", ") }}
having
    count(*) > 1
    {%- for column in columns %}
        or {{ column }} is null
    {%- endfor %}

{% endtest %}
