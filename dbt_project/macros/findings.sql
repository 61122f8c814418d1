{#- What the models of findings have in common: the quarter-hours of a day that are compared, and words for sentences. -#}

{#-
    The part of a day's array that is compared as a whole: the quarter-hours that the delivery day and the UTC day of the same
    date have in common, as one document holds them whether it goes by local or by UTC days. A document that is `late_by`
    quarter-hours says in `series` what the reference says so much earlier: undone, both lie at the same positions.
-#}
{% macro compared_part(relation, series, late_by="0", is_reference=false) -%}
    {%- set first = "greatest(" ~ late_by ~ ", 0)" -%}
    {%- set last = "least(" ~ late_by ~ ", 0)" -%}
    {%- if is_reference -%}
        {{ array_slice(
            relation ~ "." ~ series,
            relation ~ ".first_position - " ~ last,
            relation ~ ".last_position - " ~ first,
        ) }}
    {%- else -%}
        {{ array_slice(
            relation ~ "." ~ series,
            relation ~ ".first_position + " ~ first,
            relation ~ ".last_position + " ~ last,
        ) }}
    {%- endif -%}
{%- endmacro %}

{#- The beginning of a finding's sentence: WND-DE-002: final production of 9 June. Of a relation, or of the only one. -#}
{% macro source_of_day(relation=none) -%}
    {%- set prefix = relation ~ "." if relation else "" -%}
    {{ prefix }}asset_id || ': ' || {{ source_in_words(prefix ~ "source") }} || ' of '
    || {{ day_and_month(prefix ~ "delivery_date") }}
{%- endmacro %}

{#- What a source of documents is called as a source of power; the others keep their name. -#}
{% macro source_of_power(source) -%}
    case {{ source }}
        when 'forecasts' then 'forecast'
        when 'live-infeed' then 'live'
        when 'final-production' then 'final_production'
        else {{ source }}
    end
{%- endmacro %}

{#- A source as a sentence calls it. -#}
{% macro source_in_words(source) -%}
    case {{ source }}
        when 'live' then 'live infeed'
        when 'final_production' then 'final production'
        else {{ source }}
    end
{%- endmacro %}

{#- A power as a sentence has it: in whole kW. -#}
{% macro whole_kw(power_kw) -%}
    floor({{ power_kw }} + 0.5)::integer || ' kW'
{%- endmacro %}

{#- Quarter-hours as a sentence has them: one hour, 2 hours, 45 minutes. -#}
{% macro duration_in_words(quarter_hours) -%}
    case
        when {{ quarter_hours }} = 4 then 'one hour'
        when mod({{ quarter_hours }}, 4) = 0 then ({{ quarter_hours }} / 4)::integer || ' hours'
        else {{ quarter_hours }} * 15 || ' minutes'
    end
{%- endmacro %}
