{#- The expression is true, or unknown, in every row. -#}
{% test holds(model, expression) %}

select *
from {{ model }}
where not ({{ expression }})

{% endtest %}
