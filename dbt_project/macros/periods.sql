{#- Half-open periods [valid_from_utc, valid_to_utc): cut where something changes, joined where nothing does. -#}

{#-
    For each key, the periods between one change and the next. Each start and end in the relations is a change; the last
    period has no end (NULL).
-#}
{% macro periods_between_changes(relations, key) %}
    select
        {{ key }},
        changed_utc as valid_from_utc,
        lead(changed_utc) over (partition by {{ key }} order by changed_utc) as valid_to_utc
    from (
        {%- for relation in relations %}
            {{- " union" if not loop.first }}
            select {{ key }}, valid_from_utc as changed_utc from {{ relation }}
            union
            select {{ key }}, valid_to_utc as changed_utc from {{ relation }}
        {%- endfor %}
    ) as changes
{% endmacro %}

{#- Adjacent periods of a key with the same values, merged. The periods of a key must not overlap. -#}
{% macro merged_periods(relation, key, values) %}
    select
        {{ key }},
        {{ values | join(", ") }},
        min(valid_from_utc) as valid_from_utc,
        max(valid_to_utc) as valid_to_utc
    from (
        select
            *,
            sum(begins_period) over (partition by {{ key }} order by valid_from_utc) as period_number
        from (
            select
                *,
                case
                    when
                        lag(valid_to_utc) over key_order = valid_from_utc
                        {%- for value in values %}
                            and (lag({{ value }}) over key_order is not distinct from {{ value }})
                        {%- endfor %}
                        then 0
                    else 1
                end as begins_period
            from {{ relation }}
            window key_order as (partition by {{ key }} order by valid_from_utc)
        ) as compared
    ) as numbered
    group by {{ key }}, {{ values | join(", ") }}, period_number
{% endmacro %}

{#- A condition: a row of a history is valid when a quarter-hour begins. -#}
{% macro is_valid(history, to) -%}
    {{ to }}.delivery_start_utc >= {{ history }}.valid_from_utc
    and {{ to }}.delivery_start_utc < {{ history }}.valid_to_utc
{%- endmacro %}
