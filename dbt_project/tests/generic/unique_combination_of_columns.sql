{#- The columns identify a row: none of them is NULL and no two rows share them all. -#}
{% test unique_combination_of_columns(model, combination_of_columns) %}

select
    {%- for column in combination_of_columns %}
        {{ column }} as key_{{ loop.index }}{{ "," if not loop.last }}
    {%- endfor %}
from {{ model }}
group by {{ combination_of_columns | join(", ") }}
having
    count(*) > 1
    {%- for column in combination_of_columns %}
        or {{ column }} is null
    {%- endfor %}

{% endtest %}
