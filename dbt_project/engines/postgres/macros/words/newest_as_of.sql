{#-
    For each row asked for, the newest value in a history up to an instant: one lookup in the history's index for each,
    in the order of that index, as each then finds what the one before has read in the processor's cache. Yields the
    key, the instant `at` and the value; no row if there is none.
-#}
{% macro newest_as_of(asked, key, at, history, instant, value, older_by) -%}
    select
        asked.{{ key }},
        asked.{{ at }},
        newest.{{ value }}
    from (
        select
            {{ key }},
            {{ at }}
        from {{ asked }}
        order by {{ key }}, {{ at }}
    ) as asked
    cross join lateral (
        select history.{{ value }}
        from {{ history }} as history
        where
            history.{{ key }} = asked.{{ key }}
            and history.{{ instant }} <= asked.{{ at }} - {{ older_by }}
            and history.{{ value }} is not null
        order by history.{{ instant }} desc
        limit 1
    ) as newest
{%- endmacro %}
