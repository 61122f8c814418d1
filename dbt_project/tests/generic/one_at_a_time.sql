{#-
    No two rows of a key hold different values at the same instant: a row holds from valid_from_utc up to valid_to_utc.
    An open end is NULL or infinite; rows without a key or a value do not count.
-#}
{% test one_at_a_time(model, key, value) %}

with periods as (

    select
        {{ key }},
        {{ value }},
        valid_from_utc,
        coalesce(valid_to_utc, {{ end_of_time() }}) as valid_to_utc
    from {{ model }}

)

select
    one.{{ key }},
    one.{{ value }},
    other.{{ value }} as other_{{ value }},
    greatest(one.valid_from_utc, other.valid_from_utc) as both_from_utc,
    least(one.valid_to_utc, other.valid_to_utc) as both_to_utc
from periods as one
inner join periods as other
    on
        one.{{ key }} = other.{{ key }}
        and one.{{ value }} < other.{{ value }}
        and one.valid_from_utc < other.valid_to_utc
        and one.valid_to_utc > other.valid_from_utc

{% endtest %}
