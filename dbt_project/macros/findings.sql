{#- What the models of findings share: the quarter-hours of a day that are compared, and wording for sentences. -#}

{#-
    The part of a day's array that is compared as a whole: the quarter-hours shared by the delivery day and the UTC day
    of the same date, which one document holds whether it covers local or UTC days; or one half of them, 1 or 2. A
    document that is `late_by` quarter-hours late has in `series` what the reference has that much earlier; shifted
    back, both are at the same positions.
-#}
{% macro compared_part(relation, series, late_by="0", is_reference=false, half=none) -%}
    {%- set middle = "((" ~ relation ~ ".first_position + " ~ relation ~ ".last_position) / 2)::integer" -%}
    {%- set first = middle ~ " + 1" if half == 2 else relation ~ ".first_position" -%}
    {%- set last = middle if half == 1 else relation ~ ".last_position" -%}
    {%- set is_later = late_by if not is_reference else "-(" ~ late_by ~ ")" -%}
    {{ array_slice(
        relation ~ "." ~ series,
        first ~ " + greatest(" ~ is_later ~ ", 0)",
        last ~ " + least(" ~ is_later ~ ", 0)",
    ) }}
{%- endmacro %}

{#-
    The beginning of a finding's sentence: WND-DE-002: final production of 9 June. Without a relation, of the query's
    only one.
-#}
{% macro source_of_day(relation=none) -%}
    {%- set prefix = relation ~ "." if relation else "" -%}
    {{ prefix }}asset_id || ': ' || {{ source_in_words(prefix ~ "source") }} || ' of '
    || {{ day_and_month(prefix ~ "delivery_date") }}
{%- endmacro %}

{#- The name of a source of documents as a source of power; others keep their name. -#}
{% macro source_of_power(source) -%}
    case {{ source }}
        {%- for source_name, name in names_of_power().items() %}
            when '{{ source_name }}' then '{{ name }}'
        {%- endfor %}
        else {{ source }}
    end
{%- endmacro %}

{#- A source as a sentence calls it. -#}
{% macro source_in_words(source) -%}
    case {{ source }}
        when 'live' then 'live infeed'
        when 'final_production' then 'final production'
        else replace({{ source }}, '-', ' ')
    end
{%- endmacro %}

{#- A power as written in a sentence: in whole kW. -#}
{% macro whole_kw(power_kw) -%}
    floor({{ power_kw }} + 0.5)::integer || ' kW'
{%- endmacro %}

{#- Quarter-hours as written in a sentence: one hour, 2 hours, 45 minutes, 5 hours 15 minutes. -#}
{% macro duration_in_words(quarter_hours) -%}
    {%- set hours = "floor(" ~ quarter_hours ~ " / 4.0)::integer" -%}
    {%- set minutes = "mod(" ~ quarter_hours ~ ", 4) * 15 || ' minutes'" -%}
    case
        when {{ quarter_hours }} < 4 then {{ minutes }}
        else
            case when {{ quarter_hours }} < 8 then 'one hour' else {{ hours }} || ' hours' end
            || case when mod({{ quarter_hours }}, 4) = 0 then '' else ' ' || {{ minutes }} end
    end
{%- endmacro %}
