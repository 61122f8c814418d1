{#-
    Within each value of partition_by (without it, all rows), the half-open ranges neither overlap nor are empty. An
    open upper bound is NULL or infinite.
-#}
{% test mutually_exclusive_ranges(model, lower_bound_column, upper_bound_column, partition_by=none) %}

with ranges as (

    select
        {{ lower_bound_column }} as lower_bound,
        {% if partition_by %}{{ partition_by }},{% endif %}
        coalesce({{ upper_bound_column }}, {{ end_of_time() }}) as upper_bound
    from {{ model }}

),

compared as (

    select
        lower_bound,
        upper_bound,
        lead(lower_bound) over (
            {% if partition_by %}partition by {{ partition_by }}{% endif %}
            order by lower_bound, upper_bound
        ) as next_lower_bound
    from ranges

)

select
    lower_bound,
    upper_bound,
    next_lower_bound
from compared
where
    lower_bound >= upper_bound
    or upper_bound > next_lower_bound

{% endtest %}
