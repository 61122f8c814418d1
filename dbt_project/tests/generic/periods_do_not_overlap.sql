{#-
    The half-open periods [valid_from_utc, valid_to_utc) of one key (of all rows where there is no key) neither overlap nor are empty.
    An open end is NULL or infinite.
-#}
{% test periods_do_not_overlap(model, key=none) %}

with periods as (

    select
        valid_from_utc,
        {% if key %}{{ key }},{% endif %}
        coalesce(valid_to_utc, {{ end_of_time() }}) as valid_to_utc
    from {{ model }}

),

compared as (

    select
        valid_from_utc,
        valid_to_utc,
        lead(valid_from_utc) over (
            {% if key %}partition by {{ key }}{% endif %}
            order by valid_from_utc, valid_to_utc
        ) as next_from_utc
    from periods

)

select
    valid_from_utc,
    valid_to_utc,
    next_from_utc
from compared
where
    valid_from_utc >= valid_to_utc
    or valid_to_utc > next_from_utc

{% endtest %}
