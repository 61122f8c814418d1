{#-
    For each row asked for, the newest value in a history up to an instant. Both are sorted together, and the last value
    seen is carried along: one pass, however long the history. Yields the key, the instant `at` and the value; no row if
    there is none.
-#}
{% macro newest_as_of(asked, key, at, history, instant, value, older_by) -%}
    select
        {{ key }},
        {{ at }},
        {{ value }}
    from (
        select
            {{ key }},
            {{ at }},
            is_asked,
            -- At the same instant, the value comes before the request.
            last_value({{ value }}) ignore nulls over (
                partition by {{ key }}
                order by known_utc, is_asked
                rows between unbounded preceding and current row
            ) as {{ value }}
        from (
            select
                {{ key }},
                {{ at }},
                {{ at }} - {{ older_by }} as known_utc,
                true as is_asked,
                null as {{ value }}
            from {{ asked }}
            union all
            select
                {{ key }},
                null as {{ at }},
                {{ instant }} as known_utc,
                false as is_asked,
                {{ value }}
            from {{ history }}
            where {{ value }} is not null
        ) as events
    ) as carried
    where
        is_asked
        and {{ value }} is not null
{%- endmacro %}
